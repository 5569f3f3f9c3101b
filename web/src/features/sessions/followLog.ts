// What every view of a log shares: keys for lines that have no number, and the end kept in sight.
import { useEffect, useRef } from 'react'
import type { RefObject } from 'react'
import type { LogLine } from '../../api/types'

/** The lines with a key each: the journal numbers its own; printed ones go by their moment, and their number within it. */
export function keyed(lines: readonly LogLine[]): { key: string; line: LogLine }[] {
  const seen = new Map<string, number>()
  return lines.map((line) => {
    if (line.seq !== null) return { key: `${line.seq}`, line }
    const number = (seen.get(line.at) ?? 0) + 1
    seen.set(line.at, number)
    return { key: `${line.at}/${number}`, line }
  })
}

/** Keeps the end of a list in sight while it is followed. */
export function useBottom<T extends HTMLElement>(lines: readonly LogLine[], follow: 'follow' | 'still'): RefObject<T | null> {
  const list = useRef<T>(null)
  const last = lines.at(-1)
  const end = last === undefined ? '' : `${last.seq ?? ''} ${last.at} ${last.message}`
  useEffect(() => {
    if (follow === 'follow' && end !== '' && list.current !== null) list.current.scrollTop = list.current.scrollHeight
  }, [end, follow])
  return list
}
