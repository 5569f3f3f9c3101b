// What one can do with changed files besides committing them: stage, unstage, mark as settled, discard.
import { Check, Minus, Plus, Undo2 } from 'lucide-react'
import type { Session } from '../../api/types'
import { Button, IconButton } from '../../ui/Button'
import { may } from '../sessions/actions'
import { discardBar } from './discard'
import { nameable } from './status'
import type { Entry, Group } from './status'
import type { GitWork } from './useGitWork'

/** More cannot be named at once. */
const MOST_PATHS = 2000

interface RowButtonsProps {
  session: Session
  entry: Entry
  work: GitWork
  onDiscard: (entries: readonly Entry[]) => void
}

export function RowButtons({ session, entry, work, onDiscard }: RowButtonsProps) {
  const { path } = entry.file
  if (!may(session, 'drive') || !nameable(entry.file)) return null
  const isBusy = work.busy !== null
  return (
    <span className="flex shrink-0 opacity-0 group-hover:opacity-100 focus-within:opacity-100 coarse:opacity-100">
      {discardBar(entry) === null && (
        <IconButton label={`Discard ${path}`} className="size-6" onClick={() => onDiscard([entry])}>
          <Undo2 size={13} />
        </IconButton>
      )}
      {entry.group === 'staged' && (
        <IconButton label={`Unstage ${path}`} className="size-6" disabled={isBusy} onClick={() => work.run({ kind: 'unstage', paths: pathsWithOld(entry) })}>
          <Minus size={13} />
        </IconButton>
      )}
      {(entry.group === 'unstaged' || entry.group === 'untracked') && (
        <IconButton label={`Stage ${path}`} className="size-6" disabled={isBusy} onClick={() => work.run({ kind: 'stage', paths: [path] })}>
          <Plus size={13} />
        </IconButton>
      )}
      {entry.group === 'conflicted' && (
        <IconButton label={`Mark ${path} as settled`} className="size-6" disabled={isBusy} onClick={() => work.run({ kind: 'stage', paths: [path] })}>
          <Check size={13} />
        </IconButton>
      )}
    </span>
  )
}

interface GroupButtonsProps {
  session: Session
  group: Group
  work: GitWork
  onDiscard: (entries: readonly Entry[]) => void
}

export function GroupButtons({ session, group, work, onDiscard }: GroupButtonsProps) {
  if (!may(session, 'drive')) return null
  const discardable = group.entries.filter((entry) => discardBar(entry) === null)
  const paths = group.entries.filter((entry) => nameable(entry.file)).flatMap(pathsWithOld)
  const sort = group.name === 'staged' ? 'unstage' : 'stage'
  const canSort = group.name !== 'conflicted' && paths.length > 0 && paths.length <= MOST_PATHS
  return (
    <>
      {discardable.length > 0 && (
        <Button size="small" look="quiet" aria-label={`Discard all of “${group.title}”`} onClick={() => onDiscard(discardable)}>
          Discard…
        </Button>
      )}
      {canSort && (
        <Button size="small" look="quiet" disabled={work.busy !== null} aria-label={`${sort === 'stage' ? 'Stage' : 'Unstage'} all of “${group.title}”`} onClick={() => work.run({ kind: sort, paths })}>
          {sort === 'stage' ? 'Stage' : 'Unstage'}
        </Button>
      )}
    </>
  )
}

/** A file that is staged under a new name is staged as gone under its old one. */
function pathsWithOld({ group, file }: Entry): string[] {
  return group === 'staged' && file.staged === 'renamed' && file.from !== null ? [file.from, file.path] : [file.path]
}
