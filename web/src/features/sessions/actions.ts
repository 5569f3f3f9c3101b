// What one can do with a session. Whether it is allowed says the server, in `allowedActions`; here stands only how.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client, settle } from '../../api/client'
import { describe } from '../../api/problem'
import { sessionsQuery } from '../../api/queries'
import type { Session, SessionAction } from '../../api/types'
import { toast } from '../../ui/toast'

export type Turn = 'start' | 'stop' | 'restart'

export function may(session: Session, action: SessionAction): boolean {
  return session.allowedActions.includes(action)
}

export interface SessionActions {
  turn: (turn: Turn) => void
  busy: boolean
}

export function useSessionActions(session: Session): SessionActions {
  const queries = useQueryClient()
  const mutation = useMutation({
    mutationFn: (turn: Turn) => settle(callTurn(session.id, turn)),
    onError: (error) => toast(describe(error), 'error'),
    // The live event usually comes first; this is for the case that it does not.
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
        queries.invalidateQueries({ queryKey: ['session'] }),
      ]),
  })
  return { turn: mutation.mutate, busy: mutation.isPending }
}

function callTurn(id: string, turn: Turn) {
  const params = { params: { path: { id } } }
  switch (turn) {
    case 'start':
      return client.POST('/api/sessions/{id}/start', params)
    case 'stop':
      return client.POST('/api/sessions/{id}/stop', params)
    case 'restart':
      return client.POST('/api/sessions/{id}/restart', params)
  }
}
