// The present moment, renewed every few seconds: one timer for all relative times on the page.
import { useSyncExternalStore } from 'react'

/** Relative times are at most this stale, in milliseconds. */
const STEP_MS = 5000

let now = Date.now()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | null = null

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const call of listeners) call()
  }, STEP_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0 && timer !== null) {
      clearInterval(timer)
      timer = null
    }
  }
}

export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}
