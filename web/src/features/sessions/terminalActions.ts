// Adding, restarting and closing a session's terminals.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client, settle, unwrap } from '../../api/client'
import { describe } from '../../api/problem'
import type { Session, TerminalInfo } from '../../api/types'
import { toast } from '../../ui/toast'

export interface TerminalActions {
  add: (onAdded: (terminal: TerminalInfo) => void) => void
  restart: (name: string) => Promise<void>
  close: (name: string, onClosed: () => void) => void
  adding: boolean
  /** Ask the server anew which terminals run. */
  refresh: () => void
}

export function useTerminalActions(session: Session): TerminalActions {
  const queries = useQueryClient()
  const { id } = session
  const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: ['session'] })
  const addition = useMutation({
    // The server finds a free name.
    mutationFn: () => unwrap(client.POST('/api/sessions/{id}/terminals', { params: { path: { id } }, body: {} })),
    onError: failed,
    onSettled: refresh,
  })
  const restart = useMutation({
    mutationFn: (name: string) =>
      settle(client.POST('/api/sessions/{id}/terminals/{name}/restart', { params: { path: { id, name } } })),
    onError: failed,
    onSettled: refresh,
  })
  const closing = useMutation({
    mutationFn: (name: string) =>
      settle(client.DELETE('/api/sessions/{id}/terminals/{name}', { params: { path: { id, name } } })),
    onError: failed,
    onSettled: refresh,
  })
  return {
    add: (onAdded) => addition.mutate(undefined, { onSuccess: onAdded }),
    restart: restart.mutateAsync,
    close: (name, onClosed) => closing.mutate(name, { onSuccess: onClosed }),
    adding: addition.isPending,
    refresh: () => void refresh(),
  }
}

function failed(error: Error): void {
  toast(describe(error), 'error')
}
