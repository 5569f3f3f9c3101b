// Putting together what was read of the audit at different times, and saying its entries in words.
import { isRecord } from '../../api/json'
import type { AuditEntry } from '../../api/types'

/** Newest first, each once; `null` when rows are missing between what was read last and what was read before. */
export function joinEntries(newest: readonly AuditEntry[], earlier: readonly AuditEntry[], newestIsAll: 'all' | 'page'): AuditEntry[] | null {
  const [first] = earlier
  const oldest = newest.at(-1)
  if (first === undefined || oldest === undefined) return newest.length > 0 ? [...newest] : [...earlier]
  const touches = oldest.seq <= first.seq || newestIsAll === 'all'
  if (!touches) return null
  return [...newest.filter((entry) => entry.seq > first.seq), ...earlier]
}

/** Every detail as a name and a text, nested ones by dotted names. */
export function detailRows(detail: unknown, prefix = ''): [string, string][] {
  if (!isRecord(detail)) return []
  return Object.entries(detail).flatMap(([name, value]): [string, string][] => {
    if (isRecord(value)) return detailRows(value, `${prefix}${name}.`)
    return [[`${prefix}${name}`, typeof value === 'string' ? value : JSON.stringify(value)]]
  })
}

export interface AuditDay {
  /** Local date, as `2026-06-08`. */
  day: string
  entries: AuditEntry[]
}

/** The entries under the local days on which they happened, in the order in which they come. */
export function byDay(entries: readonly AuditEntry[]): AuditDay[] {
  const days: AuditDay[] = []
  for (const entry of entries) {
    const day = localDay(new Date(entry.at))
    const last = days.at(-1)
    if (last?.day === day) last.entries.push(entry)
    else days.push({ day, entries: [entry] })
  }
  return days
}

/** `Today`, `Yesterday`, or the date. */
export function dayWord(day: string, now: Date): string {
  if (day === localDay(now)) return 'Today'
  if (day === localDay(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return 'Yesterday'
  return new Date(`${day}T12:00`).toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
}

function localDay(date: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
