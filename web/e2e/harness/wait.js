// Waiting for a condition with a deadline: the only way in which these tests pass time. There is deliberately no plain
// "wait so many seconds", which would be too short on a busy machine and too long on every other one.
import { setTimeout as pause } from 'node:timers/promises'

/** How long a condition may take to come true, in milliseconds: generous, for machines that do other things too. */
export const DEADLINE_MS = 30_000
const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 200

/** Thrown by a condition that cannot come true any more: the waiting ends at once. */
export class Hopeless extends Error {}

/**
 * Asks `condition` until it answers with something true, and gives that back. A condition that throws is asked again; what
 * it threw last stands in the error. `show` tells what there is to see when time is up: a terminal's screen, a page's text.
 */
export async function waitFor(what, condition, { deadline = DEADLINE_MS, show = async () => '' } = {}) {
  const end = Date.now() + deadline
  let between = FIRST_PAUSE_MS
  let thrown
  for (;;) {
    try {
      const answer = await condition()
      if (answer) return answer
      thrown = undefined
    } catch (error) {
      thrown = error
    }
    if (thrown instanceof Hopeless || Date.now() > end) break
    await pause(between)
    between = Math.min(between * 1.5, LONGEST_PAUSE_MS)
  }
  const seen = await Promise.resolve()
    .then(show)
    .catch((error) => `(nothing can be shown: ${error.message})`)
  const reason = thrown === undefined ? '' : `\nlast error: ${thrown.stack ?? thrown}`
  throw new Error(`waited in vain for ${what}${reason}${seen === '' ? '' : `\n${seen}`}`)
}

/** `promise`, unless it takes longer than the deadline. */
export async function within(what, promise, deadline = DEADLINE_MS) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${deadline} ms in vain for ${what}`)), deadline)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
