// Switches the recording of a session's terminals on and off.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client, unwrap } from '../../api/client'
import { describe } from '../../api/problem'
import { sessionQuery, sessionsQuery } from '../../api/queries'
import { toast } from '../../ui/toast'

export interface RecordingSwitch {
  turn: (recording: boolean) => void
  busy: boolean
}

export function useRecordingSwitch(id: string): RecordingSwitch {
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: (recording: boolean) => unwrap(client.PATCH('/api/sessions/{id}', { params: { path: { id } }, body: { recording } })),
    onSuccess: (changed) => {
      queries.setQueryData(sessionQuery(id).queryKey, changed)
      void queries.invalidateQueries({ queryKey: sessionsQuery.queryKey })
    },
    onError: (error) => toast(describe(error), 'error'),
  })
  return { turn: change.mutate, busy: change.isPending }
}
