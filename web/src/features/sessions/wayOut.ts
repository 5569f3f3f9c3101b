// What the log says of a session's way out, line by line, as the rows of a table.
import type { LogLine } from '../../api/types'

export interface Passage {
  at: string
  destination: string
  came: 'allowed' | 'refused' | 'ended'
  /** Where it led, why not, or how much it carried. */
  detail: string
}

const ALLOWED = /^connected to (\S+:\d+)(?: at (\S+))?$/u
const REFUSED = /^refused (.+?:\d+): (.*)$/u
const ENDED = /^closed (\S+:\d+): (\d+) bytes sent, (\d+) received$/u

/** The row of a line; one that is no row (a fault of the way out itself) is null. */
export function passage(line: LogLine): Passage | null {
  const allowed = ALLOWED.exec(line.message)
  if (allowed !== null) return { at: line.at, destination: allowed[1] ?? '', came: 'allowed', detail: allowed[2] ?? '' }
  const ended = ENDED.exec(line.message)
  if (ended !== null) {
    const detail = `${bytes(Number(ended[2]))} out, ${bytes(Number(ended[3]))} in`
    return { at: line.at, destination: ended[1] ?? '', came: 'ended', detail }
  }
  const refused = REFUSED.exec(line.message)
  if (refused === null) return null
  return { at: line.at, destination: refused[1] ?? '', came: 'refused', detail: refused[2] ?? '' }
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

function bytes(count: number): string {
  const step = count === 0 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(count) / 3))
  const shown = count / 1000 ** step
  return `${step === 0 || shown >= 100 ? Math.round(shown) : shown.toFixed(1)} ${UNITS[step] ?? ''}`
}
