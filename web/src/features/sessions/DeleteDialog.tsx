// Asks before a session is deleted, and says what goes and what stays: there is no way back. Where work would be lost that is nowhere else, it is
// named and asked about once more.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client, settle } from '../../api/client'
import { ApiError, describe } from '../../api/problem'
import { sessionsQuery } from '../../api/queries'
import type { FieldError, Session } from '../../api/types'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { toast } from '../../ui/toast'
import { LostWork } from './LostWork'

/** What is said of work that is nowhere else: that there is to be none, that it may be kept elsewhere or go, that it may go. */
type How = 'keepUnsaved' | 'force' | 'discard'
const WORDS = { keepUnsaved: {}, force: { force: true }, discard: { force: true, discard: true } }

interface DeleteDialogProps {
  session: Session
  onClose: () => void
  onDeleted: () => void
}

export function DeleteDialog({ session, onClose, onDeleted }: DeleteDialogProps) {
  const queries = useQueryClient()
  const removal = useMutation({
    mutationFn: (how: How) => settle(client.DELETE('/api/sessions/{id}', { params: { path: { id: session.id }, query: WORDS[how] } })),
    onSuccess: async () => {
      toast(`“${session.name}” is deleted`)
      onDeleted()
      await queries.invalidateQueries({ queryKey: sessionsQuery.queryKey })
    },
  })
  const [given, setGiven] = useState(false)
  const said = (code: string): readonly FieldError[] | null =>
    removal.error instanceof ApiError && removal.error.problem.code === code ? removal.error.problem.errors : null
  const unsaved = said('session.unsaved_work')
  const worktrees = said('session.has_worktrees')
  const stuck = said('session.work_not_kept') !== null
  // What only a working tree has is kept in its repository; where that fails, one can give it up.
  const shares = session.worktree !== null && !stuck
  const asks = unsaved !== null || stuck
  const bar = asks && !given ? (shares ? 'Say first that it may go.' : 'Say first that the work is not needed.') : null
  const next = () => {
    // What was said of one thing is not said of the next.
    setGiven(false)
    removal.mutate(stuck ? 'discard' : unsaved === null ? 'keepUnsaved' : 'force')
  }
  return (
    <Dialog title={`Delete “${session.name}”?`} description="This cannot be undone." onClose={onClose}>
      <dl className="mt-4 space-y-3 text-sm">
        <div>
          <dt className="text-xs font-medium text-err">Removed</dt>
          <dd className="mt-0.5 text-soft">
            Every program that runs in it, its terminals with their history, its settings and logs, and the working
            directory if Longhouse made it for this session.
          </dd>
        </div>
        <div>
          <dt className="text-xs font-medium text-run">Kept</dt>
          <dd className="mt-0.5 text-soft">
            {session.worktree === null ? (
              <>
                The working directory, if you named an existing one: <code className="font-mono text-xs break-all">{session.workdir}</code>
              </>
            ) : (
              <>
                The branch <code className="font-mono text-xs break-all">{session.worktree.branch}</code> with its commits. Changes that are not committed are kept in
                the repository, under <em>Checkpoints → Left by deleted sessions</em> of the session that has it, but for files that are ignored, too large, or look
                like a secret.
              </>
            )}
          </dd>
        </div>
      </dl>
      {removal.isError && (
        <div role="alert" className="mt-4 rounded-lg bg-err-wash px-3 py-2 text-sm text-err">
          <p className="first-letter:uppercase">{unsaved !== null && unsaved.length > 0 ? (shares ? 'This is nowhere else, and will be kept in the repository alone:' : 'This is nowhere else, and would be lost:') : describe(removal.error)}</p>
          {unsaved !== null && unsaved.length > 0 && <LostWork items={unsaved} />}
          {worktrees !== null && <LostWork items={worktrees} />}
        </div>
      )}
      {asks && (
        <label className="mt-3 flex items-center gap-2 text-sm">
          <input type="checkbox" className="size-4 accent-ember coarse:size-5" checked={given} onChange={(event) => setGiven(event.target.checked)} />
          {shares ? 'Keep it there, and delete the session' : 'I do not need this work'}
        </label>
      )}
      <div className="mt-6 flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="danger" reason={bar} disabled={removal.isPending} onClick={() => next()}>
          {!asks ? 'Delete session' : shares ? 'Delete and keep the work' : 'Delete and lose it'}
        </Button>
      </div>
    </Dialog>
  )
}
