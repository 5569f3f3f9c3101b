// How time passes in a replay: as it did, or with its long pauses shortened. Translates between the time that was recorded and the time that
// is shown. Pure.
import { countUpTo } from './timeline'
import type { CastEvent } from './cast'

/** With pauses shortened, none takes longer than this, in seconds. */
export const LONGEST_PAUSE = 2

export interface Pace {
  /** How long the replay takes at usual speed. */
  readonly total: number
  shownAt: (recorded: number) => number
  recordedAt: (shown: number) => number
}

/** A pause of which a part is left out. */
interface Cut {
  /** Recorded times between which nothing is shown. */
  from: number
  to: number
  /** What was left out before it. */
  before: number
}

/** The pace of a recording in which no pause is longer than `longestPause` seconds. */
export function paceOf(events: readonly CastEvent[], longestPause: number): Pace {
  const cuts: Cut[] = []
  let last = 0
  let left = 0
  for (const { at } of events) {
    if (at - last > longestPause) {
      const cut = { from: last + longestPause, to: at, before: left }
      cuts.push(cut)
      left += cut.to - cut.from
    }
    last = at
  }
  const total = last - left
  return {
    total,
    shownAt: (recorded) => {
      const cut = cuts[countUpTo(cuts, ({ from }) => from <= recorded) - 1]
      if (cut === undefined) return recorded
      return Math.min(recorded, cut.from) - cut.before + Math.max(0, recorded - cut.to)
    },
    recordedAt: (shown) => {
      // Not by adding up again: the end has to be the end, to the last bit.
      if (shown >= total) return last
      const cut = cuts[countUpTo(cuts, ({ from, before }) => from - before <= shown) - 1]
      return cut === undefined ? shown : cut.to + (shown - (cut.from - cut.before))
    },
  }
}
