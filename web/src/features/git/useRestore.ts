// Bringing a checkpoint back, or a file of it, and undoing that: one of the present is made before, and is brought back in turn.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client, unwrap } from '../../api/client'
import { gitKey } from '../../api/git'
import { describe } from '../../api/problem'
import type { Session } from '../../api/types'
import { toast } from '../../ui/toast'
import { files } from './words'

/** The most files that are named. */
const NAMED = 3

export interface Restore {
  busy: boolean
  /** Settles when it is done; everything, where no file is named. */
  run: (number: number, path: string | null) => Promise<unknown>
  /** The same for a button: a refusal is told in a note. */
  start: (number: number, path: string) => void
}

export function useRestore(session: Session): Restore {
  const queries = useQueryClient()
  const restore = useMutation({
    mutationFn: ({ number, path }: { number: number; path: string | null }) =>
      unwrap(client.POST('/api/sessions/{id}/git/checkpoints/{number}/restore', { params: { path: { id: session.id, number } }, body: path === null ? {} : { path } })),
    onSuccess: (brought, { path }) => {
      const what = path ?? files(brought.files)
      const undo = { label: 'Undo', run: () => start(brought.undo, path) }
      if (brought.files === 0) toast('Everything is as the checkpoint has it already')
      else toast(`${what} brought back`, 'plain', undo)
      if (brought.leftAlone.length > 0) toast(leftAloneWords(brought.leftAlone), 'error')
    },
    onSettled: () => queries.invalidateQueries({ queryKey: gitKey(session.id) }),
  })
  const start = (number: number, path: string | null): void => {
    // Undoing may be asked for when nobody looks at the list any more.
    restore.mutateAsync({ number, path }).catch((error: unknown) => toast(describe(error), 'error'))
  }
  return { busy: restore.isPending, run: (number, path) => restore.mutateAsync({ number, path }), start }
}

function leftAloneWords(paths: readonly string[]): string {
  const rest = paths.length - NAMED
  return `Left alone, for no checkpoint holds what they are now: ${paths.slice(0, NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
