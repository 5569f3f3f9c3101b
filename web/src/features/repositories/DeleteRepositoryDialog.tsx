// Asks before a repository leaves the list, and whether its files go with it. Where work would be lost that is nowhere else, it is named and
// asked about once more.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client, settle } from '../../api/client'
import { ApiError, describe } from '../../api/problem'
import { sessionsQuery } from '../../api/queries'
import { repositoriesKey } from '../../api/repositories'
import type { Repository } from '../../api/types'
import { Button } from '../../ui/Button'
import { Choice } from '../../ui/Choice'
import { Dialog } from '../../ui/Dialog'
import { toast } from '../../ui/toast'
import { LostWork } from '../sessions/LostWork'

export function DeleteRepositoryDialog({ repository, onClose }: { repository: Repository; onClose: () => void }) {
  const queries = useQueryClient()
  const [files, setFiles] = useState(false)
  const [given, setGiven] = useState(false)
  const removal = useMutation({
    mutationFn: (query: { files?: true; force?: true }) => settle(client.DELETE('/api/repositories/{id}', { params: { path: { id: repository.id }, query } })),
    onSuccess: async () => {
      toast(files ? `“${repository.name}” is deleted` : `“${repository.name}” is out of the list`)
      onClose()
      await Promise.all([queries.invalidateQueries({ queryKey: repositoriesKey }), queries.invalidateQueries({ queryKey: sessionsQuery.queryKey })])
    },
  })
  const unsaved = removal.error instanceof ApiError && removal.error.problem.code === 'session.unsaved_work' ? removal.error.problem.errors : null
  const bar = unsaved !== null && !given ? 'Say first that the work is not needed.' : null
  const choose = (withFiles: boolean): void => {
    setFiles(withFiles)
    setGiven(false)
    removal.reset()
  }
  const run = (): void => {
    if (!files) removal.mutate({})
    else removal.mutate(unsaved === null ? { files: true } : { files: true, force: true })
  }
  return (
    <Dialog title={`Delete “${repository.name}”?`} onClose={onClose}>
      <fieldset className="mt-4 grid gap-2">
        <legend className="sr-only">What becomes of its files</legend>
        <Choice type="radio" name="repository-files" label="Keep its files" hint={`It leaves the list. The session “${repository.sessionName}” stays as it is.`} checked={!files} onChange={() => choose(false)} />
        {repository.allowedActions.includes('deleteFiles') && (
          <Choice
            type="radio"
            name="repository-files"
            label="Delete its files, too"
            hint={`The session “${repository.sessionName}” is deleted with everything in it. This cannot be undone.`}
            checked={files}
            onChange={() => choose(true)}
          />
        )}
      </fieldset>
      {removal.isError && (
        <div role="alert" className="mt-4 rounded-lg bg-err-wash px-3 py-2 text-sm text-err">
          <p className="first-letter:uppercase">{unsaved !== null && unsaved.length > 0 ? 'This is nowhere else, and would be lost:' : describe(removal.error)}</p>
          {unsaved !== null && unsaved.length > 0 && <LostWork items={unsaved} />}
        </div>
      )}
      {unsaved !== null && (
        <label className="mt-3 flex items-center gap-2 text-sm">
          <input type="checkbox" className="size-4 accent-ember coarse:size-5" checked={given} onChange={(event) => setGiven(event.target.checked)} />
          I do not need this work
        </label>
      )}
      <div className="mt-6 flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="danger" reason={bar} disabled={removal.isPending} onClick={run}>
          {files ? (unsaved === null ? 'Delete with its files' : 'Delete and lose it') : 'Take out of the list'}
        </Button>
      </div>
    </Dialog>
  )
}
