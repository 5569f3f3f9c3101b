// A commit in the history, and what it changed once it is unfolded.
import { useId } from 'react'
import type { Commit, CommitRef, Session } from '../../api/types'
import { Ago } from '../../ui/Ago'
import { Badge } from '../../ui/Badge'
import type { BadgeTone } from '../../ui/Badge'
import { classes } from '../../ui/classes'
import { Count } from '../diff/DiffFileRow'
import type { DiffView } from '../diff/useDiffView'
import { CommitChanges } from './CommitChanges'
import { GraphCell } from './GraphCell'
import type { GraphRow } from './graph'

interface CommitRowProps {
  session: Session
  commit: Commit
  graph: GraphRow | undefined
  lanes: number
  open: boolean
  view: DiffView
  onToggle: () => void
}

export function CommitRow({ session, commit, graph, lanes, open, view, onToggle }: CommitRowProps) {
  const id = useId()
  return (
    <li>
      <button
        type="button"
        data-file-head={commit.hash}
        aria-expanded={open}
        aria-controls={id}
        onClick={onToggle}
        className={classes('flex w-full items-stretch gap-2 pr-3 pl-2 text-left hover:bg-hover focus-visible:-outline-offset-2', open && 'bg-hover')}
      >
        {graph !== undefined && <GraphCell row={graph} lanes={lanes} isMerge={commit.parents.length > 1} />}
        <span className="min-w-0 flex-1 border-b border-line py-2">
          <span className="flex min-w-0 items-center gap-1.5">
            <span className={classes('min-w-0 flex-1 text-xs font-medium', open ? 'wrap-anywhere' : 'truncate')}>{commit.subject || '(no message)'}</span>
            {commit.refs.slice(0, 3).map((item) => (
              <RefBadge key={`${item.kind}/${item.name}`} item={item} />
            ))}
          </span>
          <span className="mt-0.5 flex min-w-0 items-center gap-2 text-2xs text-faint">
            <code className="shrink-0 font-mono">{commit.hash.slice(0, 7)}</code>
            <span className="min-w-0 truncate">{commit.author.name}</span>
            <Ago at={commit.author.at} className="shrink-0" />
            <span className="flex-1" />
            {commit.filesChanged > 0 && (
              <span className="shrink-0 tabular-nums">
                {commit.filesChanged} {commit.filesChanged === 1 ? 'file' : 'files'}
              </span>
            )}
            <Count additions={commit.additions} deletions={commit.deletions} />
          </span>
        </span>
      </button>
      <div id={id} hidden={!open}>
        {open && <CommitChanges session={session} commit={commit} view={view} />}
      </div>
    </li>
  )
}

const TONES: Record<CommitRef['kind'], BadgeTone> = { head: 'need', branch: 'ember', remote: 'plain', tag: 'run', other: 'plain' }

function RefBadge({ item }: { item: CommitRef }) {
  return (
    <span className="max-w-32 min-w-0 truncate">
      <Badge tone={item.kind === 'branch' && !item.current ? 'plain' : TONES[item.kind]} title={`${item.kind} ${item.name}${item.current ? ' (checked out)' : ''}`}>
        {item.name || 'HEAD'}
      </Badge>
    </span>
  )
}
