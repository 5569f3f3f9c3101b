// Changing an account as an administrator: the calls, and what must be read again afterwards.
import { useQueryClient } from '@tanstack/react-query'
import { client, settle } from '../../api/client'
import { usersQuery } from '../../api/people'
import { sessionsQuery } from '../../api/queries'
import type { Role } from '../../api/types'

export interface UserChange {
  role?: Role
  permissions?: 'host'[]
  disabled?: boolean
  password?: string
}

export interface UserChanges {
  change: (id: string, change: UserChange) => Promise<void>
  remove: (id: string, sessions: { handOverTo: string } | { removeSessions: true } | Record<string, never>) => Promise<void>
  refresh: () => Promise<void>
}

export function useUserChanges(): UserChanges {
  const queries = useQueryClient()
  const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: usersQuery.queryKey })
  return {
    change: async (id, change) => {
      await settle(client.PATCH('/api/users/{id}', { params: { path: { id } }, body: change }))
      await refresh()
    },
    remove: async (id, sessions) => {
      await settle(client.DELETE('/api/users/{id}', { params: { path: { id }, query: sessions } }))
      await Promise.all([refresh(), queries.invalidateQueries({ queryKey: sessionsQuery.queryKey })])
    },
    refresh,
  }
}
