import { expect, test } from 'vitest'
import { gapsOf, hiddenIn, shownOf } from './gaps'
import { hunksOfWhole, linesOf, pairsOf } from './lines'
import type { Hunk } from './lines'
import { CHUNK_ROWS, chunksOf } from './rows'

function hunk(oldStart: number, newStart: number, lines: string[]): Hunk {
  const of = (sign: string) => lines.filter((line) => line.startsWith(' ') || line.startsWith(sign)).length
  return { oldStart, oldLines: of('-'), newStart, newLines: of('+'), heading: '', lines }
}

test('lines have the numbers that they had and have', () => {
  const lines = linesOf(hunk(3, 4, [' a', '-b', '+c', '+d', ' e', '\\ No newline at end of file']))
  expect(lines.map((line) => [line.kind, line.old, line.new])).toEqual([
    ['same', 3, 4],
    ['del', 4, null],
    ['add', null, 5],
    ['add', null, 6],
    ['same', 5, 7],
  ])
  expect(lines.map((line) => line.noEnd)).toEqual([false, false, false, false, true])
})

test('a line knows what it became, one to one', () => {
  const lines = linesOf(hunk(1, 1, ['-a', '-b', '+c', ' x', '+d']))
  expect(lines.map((line) => line.mate)).toEqual(['c', null, 'a', null, null])
})

test('side by side, what was replaced stands beside what replaced it', () => {
  const pairs = pairsOf(linesOf(hunk(1, 1, [' a', '-b', '-c', '+d', '-e', ' f'])))
  const texts = pairs.map((pair) => [pair.left?.text ?? null, pair.right?.text ?? null])
  expect(texts).toEqual([['a', 'a'], ['b', 'd'], ['c', null], ['e', null], ['f', 'f']])
})

test('a whole file falls into the same stretches that git makes of it', () => {
  const same = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, index) => ` ${from + index}`)
  const whole = hunk(1, 1, [...same(1, 11), '-11', '+eleven', '+more', ...same(12, 20), '-20'])
  const parts = hunksOfWhole(whole)
  expect(parts.map(({ oldStart, oldLines, newStart, newLines }) => [oldStart, oldLines, newStart, newLines])).toEqual([
    [8, 7, 8, 8],
    [17, 4, 18, 3],
  ])
  const near = hunksOfWhole(hunk(1, 1, ['+a', ...same(1, 7), '+b']))
  expect(near).toHaveLength(1)
  expect(hunksOfWhole(hunk(0, 1, ['+a']))[0]).toMatchObject({ oldStart: 0, oldLines: 0, newStart: 1, newLines: 1 })
})

test('between stretches lie gaps, of which parts can be shown', () => {
  const gaps = gapsOf([hunk(10, 10, [' a', '+b', ' c']), hunk(40, 41, [' d'])], 100)
  expect(gaps).toEqual([
    { from: 1, to: 10, shift: 0 },
    { from: 13, to: 41, shift: -1 },
    { from: 42, to: 101, shift: -1 },
  ])
  const [, between] = gaps
  if (between === undefined) throw new Error('no gap')
  expect(hiddenIn(between, { top: 20, bottom: 5 })).toBe(3)
  expect(hiddenIn(between, { top: 20, bottom: 20 })).toBe(0)
  expect(shownOf(between, { top: 2, bottom: 1 })).toEqual({ top: [13, 14], bottom: [40] })
  expect(shownOf(between, { top: 20, bottom: 20 }).bottom).toHaveLength(8)
  expect(hiddenIn({ from: 5, to: null, shift: 0 }, { top: 0, bottom: 0 })).toBeNull()
})

test('a long diff comes in chunks, and one can jump to where a stretch begins', () => {
  const hunks = [hunk(1, 1, ['+a', ' b', ' c', ' d']), hunk(50, 51, [...Array.from({ length: 150 }, (_, index) => `+${index}`), ' e'])]
  const chunks = chunksOf({ hunks, layout: 'unified', whole: null, shown: new Map(), between: 'some' })
  expect(chunks.map((chunk) => chunk.isStart)).toEqual([true, true, false, false])
  expect(Math.max(...chunks.map((chunk) => chunk.rows.length))).toBe(CHUNK_ROWS)
  const gaps = chunks.flatMap((chunk) => chunk.rows).filter((row) => row.kind === 'gap')
  // Nothing above the first line, and nothing behind an end that stands in the diff.
  expect(gaps).toEqual([{ kind: 'gap', gap: 1, hidden: 46, place: 'between', heading: '' }])
})

test('lines of a gap are shown with both of their numbers', () => {
  const whole = linesOf(hunk(1, 1, ['+new', ...Array.from({ length: 30 }, (_, index) => ` ${index}`)]))
  const chunks = chunksOf({ hunks: [hunk(1, 1, ['+new', ' 0', ' 1', ' 2'])], layout: 'unified', whole, shown: new Map([[1, { top: 2, bottom: 0 }]]), between: 'some' })
  const last = chunks.at(-1)?.rows.map((row) => (row.kind === 'line' ? [row.line.old, row.line.new, row.line.text] : row.kind))
  expect(last).toEqual([[4, 5, '3'], [5, 6, '4'], 'gap'])
  const none = chunksOf({ hunks: [hunk(0, 1, ['+a'])], layout: 'split', whole: null, shown: new Map(), between: 'none' })
  expect(none.flatMap((chunk) => chunk.rows.map((row) => row.kind))).toEqual(['pair'])
})
