// Which part of the audit is shown, as it stands in the URL, and what the server is asked for it: pure functions.
import type { AuditOutcome, AuditQuery } from '../../api/types'

export type AuditRange = 'hour' | 'day' | 'week' | 'month' | 'custom'

/** No range means everything. */
export interface AuditSearch {
  actor?: string
  action?: string
  target?: string
  outcome?: AuditOutcome
  range?: AuditRange
  /** Local times as `<input type="datetime-local">` has them; of the custom range only. */
  since?: string
  until?: string
}

export const RANGES: readonly { value: AuditRange; label: string }[] = [
  { value: 'hour', label: 'Last hour' },
  { value: 'day', label: 'Last 24 hours' },
  { value: 'week', label: 'Last 7 days' },
  { value: 'month', label: 'Last 30 days' },
  { value: 'custom', label: 'From … to …' },
]
export const OUTCOMES: readonly { value: AuditOutcome; label: string }[] = [
  { value: 'ok', label: 'Done' },
  { value: 'denied', label: 'Denied' },
  { value: 'failed', label: 'Failed' },
]
const HOUR_MS = 3_600_000
const SPANS: Record<Exclude<AuditRange, 'custom'>, number> = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 168 * HOUR_MS, month: 720 * HOUR_MS }
const LOCAL_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/

/** Reads the URL's search; whatever makes no sense is left out. */
export function readAuditSearch(search: Record<string, unknown>): AuditSearch {
  const result: AuditSearch = {}
  for (const key of ['actor', 'action', 'target'] as const) {
    const value = search[key]
    // The router reads digits as a number.
    if ((typeof value === 'string' || typeof value === 'number') && String(value) !== '') result[key] = String(value)
  }
  const outcome = OUTCOMES.find((known) => known.value === search['outcome'])
  if (outcome !== undefined) result.outcome = outcome.value
  const range = RANGES.find((known) => known.value === search['range'])
  if (range !== undefined) result.range = range.value
  if (result.range !== 'custom') return result
  for (const key of ['since', 'until'] as const) {
    const value = search[key]
    if (typeof value === 'string' && LOCAL_TIME.test(value)) result[key] = value
  }
  return result
}

/** The filters as the server takes them. */
export function auditFilters(search: AuditSearch, now: number): AuditQuery {
  const { actor, action, target, outcome, range, since, until } = search
  const filters: AuditQuery = {
    ...(actor === undefined ? {} : { actor }),
    ...(action === undefined ? {} : { action }),
    ...(target === undefined ? {} : { target }),
    ...(outcome === undefined ? {} : { outcome }),
  }
  if (range === undefined) return filters
  if (range !== 'custom') return { ...filters, since: new Date(now - SPANS[range]).toISOString() }
  return {
    ...filters,
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
    ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
  }
}

/** Where the same part can be had as a file. */
export function auditExportPath(search: AuditSearch, now: number): string {
  const query = new URLSearchParams(Object.entries(auditFilters(search, now)).map(([name, value]) => [name, String(value)]))
  return query.size === 0 ? '/api/audit/export' : `/api/audit/export?${query}`
}
