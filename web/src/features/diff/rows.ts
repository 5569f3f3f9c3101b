// The rows of a file's diff, in chunks that are drawn when they come near. Pure.
import { gapsOf, hiddenIn, NOTHING_SHOWN, shownOf } from './gaps'
import type { Gap, Shown } from './gaps'
import { linesOf, pairsOf } from './lines'
import type { Hunk, Line, Pair } from './lines'

export type DiffLayout = 'unified' | 'split'

export type Row =
  | { kind: 'line'; line: Line }
  | { kind: 'pair'; pair: Pair }
  /** Lines that are not shown. */
  | { kind: 'gap'; gap: number; hidden: number | null; place: 'first' | 'between' | 'last'; heading: string }

export interface Chunk {
  key: string
  rows: readonly Row[]
  /** Whether a stretch begins here: where one jumps to. */
  isStart: boolean
}

/** How many rows are drawn at once. */
export const CHUNK_ROWS = 60
/** How many lines git leaves around a change; fewer at the end say that there the file ends. */
const AROUND = 3

export interface Diffed {
  hunks: readonly Hunk[]
  layout: DiffLayout
  /** The file with all of its lines, where somebody asked for it. */
  whole: readonly Line[] | null
  /** How much of each gap is shown. */
  shown: ReadonlyMap<number, Shown>
  /** New and deleted files have no lines beside those of the diff. */
  between: 'some' | 'none'
}

export function chunksOf({ hunks, layout, whole, shown, between }: Diffed): Chunk[] {
  const gaps = between === 'none' ? [] : gapsOf(hunks, whole === null ? lastKnown(hunks) : countNew(whole))
  const texts = new Map((whole ?? []).flatMap((line) => (line.new === null ? [] : [[line.new, line.text] as const])))
  const chunks: Chunk[] = []
  const add = (key: string, rows: readonly Row[], isStart: boolean): void => {
    for (let at = 0; at < rows.length; at += CHUNK_ROWS) {
      chunks.push({ key: `${key}.${at}`, rows: rows.slice(at, at + CHUNK_ROWS), isStart: isStart && at === 0 })
    }
  }
  const gapRows = (index: number): { above: Row[]; below: Row[] } => {
    const gap = gaps[index]
    if (gap === undefined) return { above: [], below: [] }
    const part = texts.size === 0 ? NOTHING_SHOWN : (shown.get(index) ?? NOTHING_SHOWN)
    const { top, bottom } = shownOf(gap, part)
    const hidden = hiddenIn(gap, part)
    const place = index === 0 ? 'first' : index === hunks.length ? 'last' : 'between'
    const heading = hunks[index]?.heading ?? ''
    const expander: Row[] = hidden === 0 ? [] : [{ kind: 'gap', gap: index, hidden, place, heading }]
    return {
      above: top.map((number) => lineBetween(gap, number, texts, layout)),
      below: [...expander, ...bottom.map((number) => lineBetween(gap, number, texts, layout))],
    }
  }
  hunks.forEach((hunk, index) => {
    const { above, below } = gapRows(index)
    const lines = linesOf(hunk)
    const rows: Row[] = layout === 'split' ? pairsOf(lines).map((pair) => ({ kind: 'pair', pair })) : lines.map((line) => ({ kind: 'line', line }))
    add(`${index}a`, above, false)
    add(`${index}b`, [...below, ...rows], true)
  })
  const end = gapRows(hunks.length)
  add('end', [...end.above, ...end.below], false)
  return chunks
}

/** A line between two stretches: nothing happened to it. */
function lineBetween(gap: Gap, number: number, texts: ReadonlyMap<number, string>, layout: DiffLayout): Row {
  const line: Line = { kind: 'same', old: number + gap.shift, new: number, text: texts.get(number) ?? '', mate: null, noEnd: false }
  return layout === 'split' ? { kind: 'pair', pair: { left: line, right: line } } : { kind: 'line', line }
}

/** The number of the file's last line, where the diff reaches it. */
function lastKnown(hunks: readonly Hunk[]): number | null {
  const last = hunks.at(-1)
  if (last === undefined) return null
  const tail = last.lines.slice(-AROUND)
  const reaches = tail.length < AROUND || tail.some((raw) => !raw.startsWith(' '))
  return reaches ? last.newStart + Math.max(1, last.newLines) - 1 : null
}

function countNew(whole: readonly Line[]): number {
  return whole.reduce((most, line) => Math.max(most, line.new ?? 0), 0)
}
