// The way to a terminal's replay, where this server records at all.
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { configQuery } from '../../api/queries'

export function useReplayWay(id: string, name: string): (() => void) | null {
  const { data: config } = useQuery(configQuery)
  const navigate = useNavigate()
  if (config === undefined || config.recordings === 'off') return null
  return () => void navigate({ to: '/sessions/$id/terminals/$name/replay', params: { id, name } })
}
