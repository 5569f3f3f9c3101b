// The branch, what it follows, and how far the two are from each other.
import { GitBranch } from 'lucide-react'
import type { GitStatus, Session } from '../../api/types'
import { Badge } from '../../ui/Badge'
import { AheadBehind } from './BranchBadge'
import { branchWord } from './status'

export function BranchBar({ status }: { session: Session; status: GitStatus }) {
  return (
    <div className="flex min-h-11 flex-wrap items-center gap-x-2 gap-y-1 border-b border-line px-3 py-1.5 text-xs">
      <GitBranch size={14} aria-hidden="true" className="shrink-0 text-soft" />
      <span className="min-w-0 truncate font-mono font-medium">{branchWord(status)}</span>
      {status.detached && <Badge tone="need">no branch</Badge>}
      {status.upstream !== null && <span className="min-w-0 truncate text-faint">follows {status.upstream}</span>}
      <AheadBehind ahead={status.ahead} behind={status.behind} />
      {status.stashes > 0 && <Badge title="Put away with git stash">{status.stashes} put away</Badge>}
    </div>
  )
}
