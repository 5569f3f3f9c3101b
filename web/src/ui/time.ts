// Times for people. Pure: the present moment is handed in.

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `12s`, `5m`, `3h`, `2d` since then; `now` for the last seconds and for clocks that run ahead. */
export function sinceShort(at: string, now: number): string {
  const seconds = Math.floor((now - Date.parse(at)) / 1000)
  if (!Number.isFinite(seconds)) return ''
  if (seconds < 5) return 'now'
  if (seconds < MINUTE) return `${seconds}s`
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)}m`
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)}h`
  return `${Math.floor(seconds / DAY)}d`
}

export function ago(at: string, now: number): string {
  const since = sinceShort(at, now)
  return since === 'now' || since === '' ? 'just now' : `${since} ago`
}

export function duration(seconds: number): string {
  if (seconds < MINUTE) return `${Math.round(seconds)} s`
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ${Math.floor((seconds % HOUR) / MINUTE)} min`
  return `${Math.floor(seconds / DAY)} d ${Math.floor((seconds % DAY) / HOUR)} h`
}

/** How warm a session is: how lately something moved in its terminals. */
export type Warmth = 'hot' | 'warm' | 'cool' | 'cold'

export function warmth(lastActivityAt: string | null, now: number): Warmth {
  if (lastActivityAt === null) return 'cold'
  const seconds = (now - Date.parse(lastActivityAt)) / 1000
  if (seconds < 30) return 'hot'
  if (seconds < 10 * MINUTE) return 'warm'
  return seconds < HOUR ? 'cool' : 'cold'
}

export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = count
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`
}
