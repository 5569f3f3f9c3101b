// Which words differ between a line and what became of it. Pure.

/** From a letter of a line up to another, which is not in it any more. */
export interface Range {
  from: number
  to: number
}

export interface WordChanges {
  before: readonly Range[]
  after: readonly Range[]
}

const WORD = /[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu
/** Longer lines are not compared: nobody reads them word by word. */
const LONGEST_LINE = 2000
/** The most comparisons of words; beyond that the middle counts as changed. */
const MOST_COMPARISONS = 60_000
/** Lines that share less of their letters are two lines, not one that changed. */
const LEAST_SHARED = 0.35

/** What changed; `null` where the two have too little in common. */
export function wordChanges(before: string, after: string): WordChanges | null {
  if (before.length > LONGEST_LINE || after.length > LONGEST_LINE) return null
  const old = before.match(WORD) ?? []
  const now = after.match(WORD) ?? []
  const [keptOld, keptNow] = shared(old, now)
  const letters = (words: readonly string[]): number => words.reduce((sum, word) => sum + word.trim().length, 0)
  const all = letters(old) + letters(now)
  const same = letters(old.filter((_, index) => keptOld.has(index))) + letters(now.filter((_, index) => keptNow.has(index)))
  if (all > 0 && same / all < LEAST_SHARED) return null
  return { before: rangesOf(old, keptOld), after: rangesOf(now, keptNow) }
}

/** Which words of each stay, in their order. */
function shared(old: readonly string[], now: readonly string[]): [Set<number>, Set<number>] {
  const keptOld = new Set<number>()
  const keptNow = new Set<number>()
  const keep = (one: number, other: number): void => {
    keptOld.add(one)
    keptNow.add(other)
  }
  let start = 0
  while (start < old.length && start < now.length && old[start] === now[start]) {
    keep(start, start)
    start += 1
  }
  let end = 0
  while (end < old.length - start && end < now.length - start && old[old.length - 1 - end] === now[now.length - 1 - end]) {
    end += 1
    keep(old.length - end, now.length - end)
  }
  const rows = old.length - start - end
  const columns = now.length - start - end
  if (rows * columns > 0 && rows * columns <= MOST_COMPARISONS) middle(old, now, { start, rows, columns }, keep)
  return [keptOld, keptNow]
}

interface Middle {
  start: number
  rows: number
  columns: number
}

/** The longest common row of words in the middle, from a table of how long it is behind each two of them. */
function middle(old: readonly string[], now: readonly string[], { start, rows, columns }: Middle, keep: (one: number, other: number) => void): void {
  const wide = columns + 1
  const table = new Uint16Array((rows + 1) * wide)
  const at = (row: number, column: number): number => table[row * wide + column] ?? 0
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      const isSame = old[start + row] === now[start + column]
      table[row * wide + column] = isSame ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  let row = 0
  let column = 0
  while (row < rows && column < columns) {
    if (old[start + row] === now[start + column]) {
      keep(start + row, start + column)
      row += 1
      column += 1
    } else if (at(row + 1, column) >= at(row, column + 1)) row += 1
    else column += 1
  }
}

/** Where the words stand that are not kept. A space between two of them belongs to them. */
function rangesOf(words: readonly string[], kept: ReadonlySet<number>): Range[] {
  const ranges: Range[] = []
  let from = 0
  words.forEach((word, index) => {
    const to = from + word.length
    const isChanged = !kept.has(index) || (word.trim() === '' && isChangedWord(words, kept, index - 1) && isChangedWord(words, kept, index + 1))
    const last = ranges.at(-1)
    if (isChanged && last?.to === from) last.to = to
    else if (isChanged) ranges.push({ from, to })
    from = to
  })
  return ranges
}

function isChangedWord(words: readonly string[], kept: ReadonlySet<number>, index: number): boolean {
  return words[index] !== undefined && !kept.has(index)
}
