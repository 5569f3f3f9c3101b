// A line of a diff cut into pieces of one look each: its colours and the words that changed. Pure.
import type { Token } from './markup'
import type { Range } from './words'

export interface Span {
  text: string
  /** As the highlighter names it. */
  scope: string | null
  changed: boolean
}

/** Both lists are in order, and neither overlaps itself. */
export function spansOf(text: string, tokens: readonly Token[], changes: readonly Range[]): Span[] {
  const ends = new Set([0, text.length])
  for (const { from, to } of [...tokens, ...changes]) {
    if (from < text.length) ends.add(from)
    if (to < text.length) ends.add(to)
  }
  const borders = [...ends].toSorted((one, other) => one - other)
  const spans: Span[] = []
  let token = 0
  let change = 0
  borders.slice(0, -1).forEach((from, index) => {
    const to = borders[index + 1] ?? text.length
    while ((tokens[token]?.to ?? Infinity) <= from) token += 1
    while ((changes[change]?.to ?? Infinity) <= from) change += 1
    const scope = (tokens[token]?.from ?? Infinity) <= from ? (tokens[token]?.scope ?? null) : null
    spans.push({ text: text.slice(from, to), scope, changed: (changes[change]?.from ?? Infinity) <= from })
  })
  return spans
}
