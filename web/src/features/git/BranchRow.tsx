// One branch in the list, and what can be done with it.
import { Check, GitMerge, GitPullRequestArrow, MoreHorizontal, PencilLine, Trash2 } from 'lucide-react'
import type { GitStatus } from '../../api/types'
import { Badge } from '../../ui/Badge'
import { IconButton } from '../../ui/Button'
import { Menu, MenuItem } from '../../ui/Menu'
import { refOf } from './branches'
import type { Branch } from './branches'
import type { GitOperation } from './operations'
import { branchWord } from './status'

export const ROW = 'flex min-h-9 w-full min-w-0 items-center gap-2 px-3 py-1 text-left text-sm hover:bg-hover focus-visible:-outline-offset-2 coarse:min-h-11'

interface BranchRowProps {
  branch: Branch
  status: GitStatus
  onRun: (operation: GitOperation) => void
  onRename: () => void
}

export function BranchRow({ branch, status, onRun, onRename }: BranchRowProps) {
  const here = branchWord(status)
  return (
    <div className="flex items-center border-t border-line first:border-t-0">
      <button
        type="button"
        data-branch-row={branch.name}
        aria-current={branch.current}
        disabled={branch.current}
        className={ROW}
        onClick={() => onRun({ kind: 'switch', branch: branch.name })}
      >
        <Check size={14} aria-hidden="true" className={branch.current ? 'shrink-0 text-ember' : 'invisible shrink-0'} />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-mono text-xs font-medium">{branch.name}</span>
          <span className="block truncate text-2xs text-faint">{branch.subject}</span>
        </span>
        {branch.remote && <Badge title="Only the other repository has it">origin</Badge>}
      </button>
      <Menu
        trigger={
          <IconButton label={`More about ${branch.name}`} className="mr-1">
            <MoreHorizontal size={14} />
          </IconButton>
        }
      >
        {!branch.current && (
          <>
            <MenuItem icon={<GitMerge size={14} />} onSelect={() => onRun({ kind: 'join', how: 'merge', from: refOf(branch) })}>
              Merge it into {here}
            </MenuItem>
            <MenuItem icon={<GitPullRequestArrow size={14} />} onSelect={() => onRun({ kind: 'join', how: 'rebase', from: refOf(branch) })}>
              Rebase {here} onto it
            </MenuItem>
          </>
        )}
        {!branch.remote && (
          <MenuItem icon={<PencilLine size={14} />} onSelect={onRename}>
            Rename…
          </MenuItem>
        )}
        {!branch.remote && !branch.current && (
          <MenuItem icon={<Trash2 size={14} />} onSelect={() => onRun({ kind: 'deleteBranch', branch: branch.name, unmerged: false })}>
            Delete
          </MenuItem>
        )}
      </Menu>
    </div>
  )
}
