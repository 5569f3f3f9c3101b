// How many whole seconds are left of a wait; nought once it is over.
import { useEffect, useState } from 'react'

/** From one moment to another, in milliseconds since 1970. */
export interface Wait {
  since: number
  until: number
}

/** How often the seconds are counted, in milliseconds. */
const STEP_MS = 250

export function useCountdown(wait: Wait | null): number {
  const [now, setNow] = useState(0)
  useEffect(() => {
    if (wait === null) return undefined
    const timer = setInterval(() => {
      setNow(Date.now())
      if (Date.now() >= wait.until) clearInterval(timer)
    }, STEP_MS)
    return () => clearInterval(timer)
  }, [wait])
  // Until the clock is looked at for the first time the wait has just begun.
  return wait === null ? 0 : Math.max(0, Math.ceil((wait.until - Math.max(now, wait.since)) / 1000))
}
