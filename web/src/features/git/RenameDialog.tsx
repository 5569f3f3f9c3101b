// Another name for a branch. What it is called in the other repository stays.
import { useId, useState } from 'react'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { TextField } from '../../ui/Field'
import { renameError } from './branches'
import type { Branch } from './branches'
import type { GitOperation } from './operations'

interface RenameDialogProps {
  branch: Branch
  known: readonly Branch[]
  onRun: (operation: GitOperation) => void
  onClose: () => void
}

export function RenameDialog({ branch, known, onRun, onClose }: RenameDialogProps) {
  const [typed, setTyped] = useState(branch.name)
  const formId = useId()
  const to = typed.trim()
  const problem = to === branch.name ? null : renameError(to, known)
  const isFit = to !== branch.name && problem === null
  return (
    <Dialog title={`Rename ${branch.name}`} description="Its commits stay as they are, and so does what it is called in the other repository." onClose={onClose}>
      <form
        id={formId}
        className="mt-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (isFit) onRun({ kind: 'renameBranch', branch: branch.name, to })
        }}
      >
        <TextField
          autoFocus
          mono
          label="New name"
          autoComplete="off"
          spellCheck={false}
          value={typed}
          error={problem ?? undefined}
          onChange={(event) => setTyped(event.target.value)}
        />
      </form>
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" form={formId} look="primary" disabled={!isFit}>
          Rename
        </Button>
      </div>
    </Dialog>
  )
}
