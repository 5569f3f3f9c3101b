// Every branch: to go over to one, to begin one, to join one with the present one, to rename or delete one.
import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useId, useState } from 'react'
import { gitBranchesQuery } from '../../api/git'
import { describe } from '../../api/problem'
import type { GitStatus, Session } from '../../api/types'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { TextField } from '../../ui/Field'
import { BranchRow, ROW } from './BranchRow'
import { choiceOf, readBranches, refOf } from './branches'
import type { Branch, BranchPurpose } from './branches'
import type { GitOperation } from './operations'
import { RenameDialog } from './RenameDialog'
import { branchWord } from './status'
import type { GitWork } from './useGitWork'

/** More do not stand in the list; a few letters find the others. */
const SHOWN = 200

const PUSH: GitOperation = { kind: 'push' }

interface BranchDialogProps {
  session: Session
  status: GitStatus
  work: GitWork
  /** The branch is protected over there: what is on it is pushed from a new one. */
  purpose: BranchPurpose
  onClose: () => void
}

export function BranchDialog({ session, status, work, purpose, onClose }: BranchDialogProps) {
  const { data, error, refetch } = useQuery(gitBranchesQuery(session.id))
  const [renamed, setRenamed] = useState<Branch | null>(null)
  const [typed, setTyped] = useState(purpose === 'branch' ? '' : `longhouse/${session.name}`)
  const formId = useId()
  const name = typed.trim()
  const known = choiceOf(name, readBranches(data ?? ''), purpose)
  const { found } = known
  const problem = name === '' ? null : known.problem
  const canMake = known.isNew && data !== undefined
  const run = (...operations: GitOperation[]): void => {
    work.run(...operations)
    onClose()
  }
  const make = (): void => run({ kind: 'newBranch', branch: name }, ...(purpose === 'branch' ? [] : [PUSH]))
  const submit = async (): Promise<void> => {
    // Whoever is quicker than the list is not ignored.
    const printed = data ?? (await refetch({ cancelRefetch: false })).data
    if (printed === undefined) return
    const { over, isNew } = choiceOf(name, readBranches(printed), purpose)
    if (over !== null) run({ kind: 'switch', branch: over.name })
    else if (isNew) make()
  }
  if (renamed !== null) {
    return <RenameDialog branch={renamed} known={readBranches(data ?? '')} onRun={run} onClose={() => setRenamed(null)} />
  }
  return (
    <Dialog
      title={purpose === 'branch' ? 'Branches' : 'Push from a branch of its own'}
      description={
        purpose === 'branch'
          ? 'Changes that nobody committed come along, where they do not stand in the way.'
          : 'The branch is protected in the other repository. A new branch begins here with your commits and is pushed; propose it there to be taken.'
      }
      onClose={onClose}
    >
      <form
        id={formId}
        className="mt-4"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <TextField
          autoFocus
          mono
          label={purpose === 'branch' ? 'Find a branch, or name a new one' : 'Name of the branch'}
          autoComplete="off"
          spellCheck={false}
          value={typed}
          error={problem !== null && found.length === 0 ? problem : undefined}
          onChange={(event) => setTyped(event.target.value)}
        />
      </form>
      {error !== null && data === undefined && <p className="mt-3 text-xs text-err">{describe(error)}</p>}
      {purpose === 'branch' && (
        <div className="mt-3 max-h-72 overflow-y-auto rounded-lg border border-line empty:hidden">
          {canMake && (
            <button type="button" className={ROW} onClick={make}>
              <Plus size={14} className="shrink-0 text-ember" />
              <span className="min-w-0 truncate">
                New branch <b className="font-mono font-medium">{name}</b> from {branchWord(status)}
              </span>
            </button>
          )}
          {found.slice(0, SHOWN).map((branch) => (
            <BranchRow key={refOf(branch)} branch={branch} status={status} onRun={run} onRename={() => setRenamed(branch)} />
          ))}
          {found.length > SHOWN && <p className="px-3 py-2 text-xs text-faint">{found.length - SHOWN} more: type a few letters.</p>}
        </div>
      )}
      {purpose === 'branch' && data === undefined && error === null && <div role="status" aria-label="Reading the branches" className="skeleton mt-3 h-24 rounded-lg" />}
      {purpose === 'pushFromNewBranch' && (
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={formId} look="primary" disabled={!canMake}>
            Make and push it
          </Button>
        </div>
      )}
    </Dialog>
  )
}
