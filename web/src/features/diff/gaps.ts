// What lies between the stretches of a diff, and how much of it was asked for. Pure.
import type { Hunk } from './lines'

/** The lines between two stretches, by their numbers after the change. */
export interface Gap {
  from: number
  /** The first line that is not in it any more; `null` where nobody knows yet how long the file is. */
  to: number | null
  /** What is to be added to a line's number for the one that it had before. */
  shift: number
}

/** How much of a gap is shown, from its beginning and from its end. */
export interface Shown {
  top: number
  bottom: number
}

export const NOTHING_SHOWN: Shown = { top: 0, bottom: 0 }

/** How many lines one step shows. */
export const STEP = 20

/** The gaps before each stretch and one behind the last. `lines` is how many the file has, where that is known. */
export function gapsOf(hunks: readonly Hunk[], lines: number | null): Gap[] {
  const gaps: Gap[] = []
  let from = 1
  let shift = 0
  for (const hunk of hunks) {
    gaps.push({ from, to: firstOf(hunk.newStart, hunk.newLines), shift })
    from = firstOf(hunk.newStart, hunk.newLines) + hunk.newLines
    shift = firstOf(hunk.oldStart, hunk.oldLines) + hunk.oldLines - from
  }
  gaps.push({ from, to: lines === null ? null : Math.max(from, lines + 1), shift })
  return gaps
}

/** How many lines of it are not shown; `null` where nobody knows. */
export function hiddenIn(gap: Gap, shown: Shown): number | null {
  return gap.to === null ? null : Math.max(0, gap.to - gap.from - shown.top - shown.bottom)
}

/** The numbers of the lines that are shown of it: from its beginning, and from its end. */
export function shownOf(gap: Gap, shown: Shown): { top: number[]; bottom: number[] } {
  const to = gap.to ?? gap.from
  const topEnd = Math.min(to, gap.from + shown.top)
  const bottomStart = Math.max(topEnd, to - shown.bottom)
  return { top: range(gap.from, topEnd), bottom: range(bottomStart, to) }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index)
}

/** Git begins a side without lines at the line above it. */
function firstOf(start: number, lines: number): number {
  return lines === 0 ? start + 1 : start
}
