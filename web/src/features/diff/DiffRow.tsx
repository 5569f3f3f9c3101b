// One row of a diff: a line, or a line before beside the line after.
import { memo } from 'react'
import { classes } from '../../ui/classes'
import type { Line, LineKind, Pair } from './lines'
import { spansOf } from './spans'
import type { Syntax } from './useSyntax'
import { visible } from './visible'
import { wordChanges } from './words'

const GROUNDS: Record<LineKind, string> = { same: '', add: 'bg-add', del: 'bg-del' }
const MARKS: Record<LineKind, string> = { same: '', add: 'rounded-[3px] bg-add-strong', del: 'rounded-[3px] bg-del-strong' }
const SIGNS: Record<LineKind, string> = { same: ' ', add: '+', del: '−' }
const SIGN_TEXTS: Record<LineKind, string> = { same: '', add: 'text-run', del: 'text-err' }
const NUMBER = 'w-[5ch] shrink-0 pr-1.5 text-right text-faint tabular-nums select-none'

interface LineRowProps {
  line: Line
  syntax: Syntax
  /** Whether there is room for both numbers. */
  numbers: 'one' | 'both'
}

export const LineRow = memo(function LineRow({ line, syntax, numbers }: LineRowProps) {
  return (
    <div role="row" className={classes('flex', GROUNDS[line.kind])}>
      {numbers === 'both' && (
        <span role="cell" className={NUMBER}>
          {line.old}
        </span>
      )}
      <span role="cell" className={NUMBER}>
        {numbers === 'both' ? line.new : (line.new ?? line.old)}
      </span>
      <Code line={line} syntax={syntax} />
    </div>
  )
})

export const PairRow = memo(function PairRow({ pair, syntax }: { pair: Pair; syntax: Syntax }) {
  return (
    <div role="row" className="flex">
      <Half line={pair.left} side="old" syntax={syntax} />
      <Half line={pair.right} side="new" syntax={syntax} />
    </div>
  )
})

function Half({ line, side, syntax }: { line: Line | null; side: 'old' | 'new'; syntax: Syntax }) {
  return (
    <div className={classes('flex w-1/2 min-w-0', side === 'new' && 'border-l border-line', line === null ? 'bg-side' : GROUNDS[line.kind])}>
      <span role="cell" className={NUMBER}>
        {line?.[side]}
      </span>
      {line === null ? <span role="cell" /> : <Code line={line} syntax={syntax} />}
    </div>
  )
}

function Code({ line, syntax }: { line: Line; syntax: Syntax }) {
  const number = line.new ?? line.old ?? 0
  const tokens = (line.kind === 'del' ? syntax.old : syntax.new).get(number) ?? []
  return (
    <>
      <span role="cell" className={classes('w-[2ch] shrink-0 text-center select-none', SIGN_TEXTS[line.kind])}>
        {SIGNS[line.kind]}
      </span>
      <span role="cell" className="min-w-0 flex-1 pr-2 wrap-anywhere whitespace-pre-wrap [tab-size:4]">
        {spansOf(line.text, tokens, changesOf(line)).map((span, index) => (
          // Pieces of a line have no identity but their place.
          // oxlint-disable-next-line react/no-array-index-key
          <span key={index} className={classes(span.scope !== null && `tok ${span.scope}`, span.changed && MARKS[line.kind]) || undefined}>
            {visible(span.text)}
          </span>
        ))}
        {line.noEnd && <span className="ml-2 text-2xs text-faint select-none">no end of line</span>}
      </span>
    </>
  )
}

function changesOf(line: Line) {
  if (line.mate === null || line.kind === 'same') return []
  const changes = line.kind === 'del' ? wordChanges(line.text, line.mate) : wordChanges(line.mate, line.text)
  return (line.kind === 'del' ? changes?.before : changes?.after) ?? []
}
