// How long to wait before the next attempt: exponential, with jitter, so that a thousand pages do not come back to a
// restarted server in the same instant.

const FIRST_MS = 200
const LONGEST_MS = 5000

/** Milliseconds before attempt `attempt` (0 is the first after a loss). `random` is in [0, 1). */
export function backoffDelay(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16))
  // Between half the ceiling and the whole of it: never at once, never later than promised.
  return Math.round(ceiling / 2 + (ceiling / 2) * random)
}
