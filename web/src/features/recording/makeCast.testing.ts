// Recordings for tests: as text on the wire, and read.
import { CastReader } from './cast'
import type { Cast } from './cast'
import { Timeline } from './timeline'

export type Line = [interval: number, code: string, data: string]

export function castText(lines: readonly Line[], header: Record<string, unknown> = {}): string {
  const first = { version: 3, term: { cols: 40, rows: 8 }, timestamp: 1_700_000_000, ...header }
  return [first, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('')
}

export function read(text: string): Cast {
  const reader = new CastReader()
  reader.read(text)
  return reader.end()
}

export function timelineOf(lines: readonly Line[], header: Record<string, unknown> = {}): Timeline {
  return new Timeline(read(castText(lines, header)))
}

/** Numbers that look like chance and are the same at every run. */
export function chance(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 374_761_393) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
