// The changed lines of one file, in colours, with what lies between them on request.
import { useMemo, useState } from 'react'
import { DiffChunk } from './DiffChunk'
import { LineRow, PairRow } from './DiffRow'
import { GapRow } from './GapRow'
import type { GapPart } from './GapRow'
import { NOTHING_SHOWN, STEP } from './gaps'
import type { Shown } from './gaps'
import { hunksOfWhole, linesOf } from './lines'
import type { Hunk } from './lines'
import { chunksOf } from './rows'
import type { DiffLayout, Row } from './rows'
import { useSyntax } from './useSyntax'

interface DiffLinesProps {
  path: string
  hunks: readonly Hunk[]
  layout: DiffLayout
  numbers: 'one' | 'both'
  between: 'some' | 'none'
  /** The whole file in one stretch, once it was asked for. */
  whole: Hunk | null
  /** Asks for it; nothing where it cannot be had. */
  onWhole: (() => void) | null
}

export function DiffLines({ path, hunks, layout, numbers, between, whole, onWhole }: DiffLinesProps) {
  const [shown, setShown] = useState<ReadonlyMap<number, Shown>>(new Map())
  // What was asked for later may be of a later state of the file: all of it is shown then, never half of each.
  const parts = useMemo(() => (whole === null ? hunks : hunksOfWhole(whole)), [hunks, whole])
  const wholeLines = useMemo(() => (whole === null ? null : linesOf(whole)), [whole])
  const blocks = useMemo(() => (wholeLines === null ? parts.map(linesOf) : [wholeLines]), [parts, wholeLines])
  const syntax = useSyntax(path, blocks)
  const chunks = useMemo(() => chunksOf({ hunks: parts, layout, whole: wholeLines, shown, between }), [parts, layout, wholeLines, shown, between])

  const show = (gap: number, part: GapPart): void => {
    onWhole?.()
    setShown((before) => new Map(before).set(gap, grown(before.get(gap) ?? NOTHING_SHOWN, part)))
  }
  const renderRow = (row: Row, index: number) => {
    if (row.kind === 'gap') return <GapRow key="gap" row={row} onShow={onWhole === null ? null : (part) => show(row.gap, part)} />
    if (row.kind === 'pair') return <PairRow key={index} pair={row.pair} syntax={syntax} />
    return <LineRow key={index} line={row.line} syntax={syntax} numbers={numbers} />
  }
  return (
    <div role="table" aria-label={`Changes of ${path}`} className="font-mono text-xs leading-5">
      {chunks.map((chunk) => (
        <DiffChunk key={chunk.key} rows={chunk.rows.length} isStart={chunk.isStart} renderRows={() => chunk.rows.map(renderRow)} />
      ))}
    </div>
  )
}

function grown(shown: Shown, part: GapPart): Shown {
  switch (part) {
    case 'top':
      return { ...shown, top: shown.top + STEP }
    case 'bottom':
      return { ...shown, bottom: shown.bottom + STEP }
    case 'all':
      return { ...shown, top: Number.MAX_SAFE_INTEGER }
  }
}
