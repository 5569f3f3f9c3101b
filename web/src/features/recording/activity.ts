// Where in a replay something happens: how much was written, in equal parts of the time that is shown. Pure.
import type { CastEvent } from './cast'
import type { Pace } from './pace'

/** For each part how busy it was, from 0 (nothing) to 1 (the busiest). */
export function activityOf(events: readonly CastEvent[], pace: Pace, parts: number): number[] {
  const written = Array.from({ length: parts }, () => 0)
  if (pace.total <= 0) return written
  for (const event of events) {
    if (event.kind !== 'output') continue
    const part = Math.min(parts - 1, Math.floor((pace.shownAt(event.at) / pace.total) * parts))
    written[part] = (written[part] ?? 0) + event.text.length
  }
  // By order of magnitude: beside one flood, typing would not be seen at all.
  const heights = written.map((characters) => Math.log1p(characters))
  const highest = Math.max(...heights)
  return highest === 0 ? heights : heights.map((height) => height / highest)
}
