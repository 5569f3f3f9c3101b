// A changed file in a list: what became of it, its name, how many lines; its diff unfolds below.
import { ChevronRight } from 'lucide-react'
import { useId } from 'react'
import type { ReactNode } from 'react'
import { classes } from '../../ui/classes'
import { CHANGE_WORDS, nameParts } from './names'
import type { ChangeName } from './names'
import { visible } from './visible'

const LETTER_TEXTS: Record<ChangeName, string> = {
  added: 'text-run',
  copied: 'text-run',
  untracked: 'text-run',
  modified: 'text-start',
  typeChanged: 'text-start',
  renamed: 'text-wait',
  deleted: 'text-err',
  conflicted: 'text-need',
}

interface DiffFileRowProps {
  change: ChangeName
  path: string
  from: string | null
  additions: number | null
  deletions: number | null
  open: boolean
  onToggle: () => void
  /** Stands before the name: a box to tick. */
  before?: ReactNode
  /** Stands at the end: what one can do with it. */
  after?: ReactNode
  renderDiff: () => ReactNode
}

export function DiffFileRow({ change, path, from, additions, deletions, open, onToggle, before, after, renderDiff }: DiffFileRowProps) {
  const id = useId()
  const [directory, name] = nameParts(path)
  const { letter, word } = CHANGE_WORDS[change]
  return (
    <li className="border-b border-line last:border-b-0">
      <div className={classes('group flex min-h-8 items-center gap-2 bg-bg px-3 hover:bg-raised coarse:min-h-11', open && 'sticky top-0 z-10 border-b border-line')}>
        {before}
        <button
          type="button"
          data-file-head={path}
          aria-expanded={open}
          aria-controls={id}
          title={from === null ? path : `${from} → ${path}`}
          onClick={onToggle}
          className="flex min-w-0 flex-1 items-center gap-2 self-stretch text-left text-xs focus-visible:-outline-offset-2"
        >
          <ChevronRight size={13} aria-hidden="true" className={classes('shrink-0 text-faint transition-transform', open && 'rotate-90')} />
          <span title={word} className={classes('w-[1ch] shrink-0 font-mono font-semibold', LETTER_TEXTS[change])}>
            <span aria-hidden="true">{letter}</span>
            <span className="sr-only">{word}</span>
          </span>
          <span className={classes('flex min-w-0 flex-1 items-baseline', change === 'deleted' && 'line-through decoration-faint')}>
            {from !== null && <span className="min-w-0 shrink truncate text-faint">{visible(from)}&nbsp;→&nbsp;</span>}
            <span className="min-w-0 shrink truncate text-faint">{visible(directory)}</span>
            <span className="max-w-full shrink-0 truncate font-medium">{visible(name)}</span>
          </span>
          <Count additions={additions} deletions={deletions} />
        </button>
        {after}
      </div>
      <div id={id} hidden={!open}>
        {open && renderDiff()}
      </div>
    </li>
  )
}

export function Count({ additions, deletions }: { additions: number | null; deletions: number | null }) {
  if (additions === null || deletions === null || additions + deletions === 0) return null
  return (
    <span className="flex shrink-0 gap-1.5 font-mono text-2xs tabular-nums">
      {additions > 0 && <span className="text-run">+{additions}</span>}
      {deletions > 0 && <span className="text-err">−{deletions}</span>}
    </span>
  )
}
