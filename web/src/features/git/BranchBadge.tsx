// The branch of a session's repository, how far it is from what it follows, and whether somebody has to look after it.
import { GitBranch, TriangleAlert } from 'lucide-react'
import type { Session } from '../../api/types'
import { classes } from '../../ui/classes'
import { branchWord } from './status'
import { useGitStatus } from './useGitStatus'
import { UNDERWAY_WORDS } from './words'

export function BranchBadge({ session, onOpen }: { session: Session; onOpen: () => void }) {
  const { data: status } = useGitStatus(session, 'aside')
  if (status === undefined || session.status !== 'running') return null
  const { conflicted } = status.counts
  const changed = status.files.length
  const parts = [
    `Branch ${branchWord(status)}`,
    ...(session.worktree === null ? [] : [session.worktree.from === null ? 'a working tree of its own' : `a working tree of its own, begun at ${session.worktree.from}`]),
    ...(status.ahead === null ? [] : [`${status.ahead} ahead, ${status.behind ?? 0} behind ${status.upstream ?? ''}`]),
    changed === 0 ? 'nothing changed' : `${changed}${status.truncated ? ' or more' : ''} changed`,
    ...(status.underway === null ? [] : [UNDERWAY_WORDS[status.underway]]),
    ...(conflicted === 0 ? [] : [`${conflicted} to be settled`]),
  ]
  return (
    <button
      type="button"
      data-branch={status.branch ?? ''}
      title={parts.join(' · ')}
      aria-label={`${parts.join(', ')}. Show the changes`}
      onClick={onOpen}
      className="flex h-7 min-w-0 items-center gap-1.5 rounded-md px-1.5 text-xs text-soft hover:bg-hover hover:text-text coarse:h-9"
    >
      {conflicted > 0 || status.underway !== null ? <TriangleAlert size={13} className="shrink-0 text-need" /> : <GitBranch size={13} className="shrink-0" />}
      <span className="max-w-36 min-w-0 truncate font-mono max-lg:hidden">{branchWord(status)}</span>
      <AheadBehind ahead={status.ahead} behind={status.behind} />
      {changed > 0 && <span className={classes('size-1.5 shrink-0 rounded-full', conflicted > 0 ? 'bg-err' : 'bg-ember')} />}
    </button>
  )
}

export function AheadBehind({ ahead, behind }: { ahead: number | null; behind: number | null }) {
  if ((ahead ?? 0) + (behind ?? 0) === 0) return null
  return (
    <span className="flex shrink-0 gap-1 text-2xs tabular-nums">
      {ahead !== null && ahead > 0 && <span>↑{ahead}</span>}
      {behind !== null && behind > 0 && <span>↓{behind}</span>}
    </span>
  )
}
