// A recording laid out in time: what has happened by when, where one may begin to draw, and what is worth jumping to. Pure.
// Times are seconds since the recording began; how pauses are shortened stands in pace.ts.
import type { Size } from '../terminal/protocol'
import type { Cast, CastEvent, CastHeader } from './cast'

/** A full reset. Output that begins with it draws the whole screen anew, so nothing before it is needed. */
const FULL_RESET = '\u001bc'

/** A place from which the screen can be drawn without what went before. */
export interface KeyFrame {
  /** Of the event to begin with. */
  index: number
  /** Of the terminal, before that event. */
  size: Size
}

export interface Mark {
  at: number
  label: string
}

export class Timeline {
  readonly header: CastHeader
  readonly events: readonly CastEvent[]
  /** When the last event happened. */
  readonly duration: number
  /** What the recording marks, and where the program ended; in order, each once. */
  readonly marks: readonly Mark[]
  readonly damaged: number
  /** In order; the first is the beginning, where the screen is empty anyway. */
  readonly #keyFrames: readonly KeyFrame[]

  constructor({ header, events, damaged }: Cast) {
    this.header = header
    this.events = events
    this.damaged = damaged
    this.duration = events.at(-1)?.at ?? 0
    this.marks = events.flatMap((event) => markOf(event)).filter((mark, index, all) => !same(mark, all[index - 1]))
    this.#keyFrames = keyFramesOf(header.size, events)
  }

  /** How many events have happened at that time. */
  countAt(at: number): number {
    return countUpTo(this.events, (event) => event.at <= at)
  }

  /** Where to begin so that the first `count` events are drawn with the least work. */
  keyFrameFor(count: number): KeyFrame {
    const found = countUpTo(this.#keyFrames, (frame) => frame.index < count)
    return this.#keyFrames[found - 1] ?? { index: 0, size: this.header.size }
  }

  /** The time of that moment on the wall, in milliseconds since 1970. */
  clockAt(at: number): number | null {
    return this.header.startedAt === null ? null : this.header.startedAt + at * 1000
  }

  markAfter(at: number): Mark | null {
    return this.marks.find((mark) => mark.at > at) ?? null
  }

  markBefore(at: number): Mark | null {
    return this.marks.findLast((mark) => mark.at < at) ?? null
  }
}

/** How many of the items, from the first on, hold: all that do stand before all that do not. */
export function countUpTo<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item !== undefined && holds(item)) low = middle + 1
    else high = middle
  }
  return low
}

function keyFramesOf(first: Size, events: readonly CastEvent[]): KeyFrame[] {
  const frames: KeyFrame[] = [{ index: 0, size: first }]
  let size = first
  events.forEach((event, index) => {
    if (event.kind === 'resize') size = event.size
    else if (index > 0 && event.kind === 'output' && event.text.startsWith(FULL_RESET)) frames.push({ index, size })
  })
  return frames
}

/** What is said twice of one moment is told once. */
function same(mark: Mark, before: Mark | undefined): boolean {
  return before !== undefined && before.at === mark.at && before.label === mark.label
}

function markOf(event: CastEvent): Mark[] {
  if (event.kind === 'marker') return [{ at: event.at, label: event.label }]
  if (event.kind === 'exit') return [{ at: event.at, label: `The program ended with status ${event.status}` }]
  return []
}
