// Which sessions the dashboard shows, and in which order: pure functions over what the URL says.
import type { Session, SessionStatus } from '../../api/types'

export type SortKey = 'activity' | 'created' | 'name' | 'status'
export type Layout = 'cards' | 'table'

export interface DashboardSearch {
  view?: Layout
  q?: string
  status?: SessionStatus
  agent?: string
  /** By user name. */
  owner?: string
  sort?: SortKey
}

const STATUS_ORDER: Record<SessionStatus, number> = { error: 0, running: 1, starting: 2, pending: 3, stopped: 4 }
export const STATUSES: readonly SessionStatus[] = ['running', 'starting', 'pending', 'stopped', 'error']
export const SORTS: readonly { value: SortKey; label: string }[] = [
  { value: 'activity', label: 'Activity' },
  { value: 'created', label: 'Newest' },
  { value: 'name', label: 'Name' },
  { value: 'status', label: 'Status' },
]

/** Reads the URL's search; whatever makes no sense is left out. Defaults are left out too, so that links stay short. */
export function readDashboardSearch(search: Record<string, unknown>): DashboardSearch {
  const result: DashboardSearch = {}
  if (search['view'] === 'table') result.view = 'table'
  if (typeof search['q'] === 'string' && search['q'] !== '') result.q = search['q']
  const status = STATUSES.find((known) => known === search['status'])
  if (status !== undefined) result.status = status
  if (typeof search['agent'] === 'string' && search['agent'] !== '') result.agent = search['agent']
  const { owner } = search
  // The router reads a name of digits as a number.
  if ((typeof owner === 'string' || typeof owner === 'number') && owner !== '') result.owner = String(owner)
  const sort = SORTS.find((known) => known.value === search['sort'])
  if (sort !== undefined && sort.value !== 'activity') result.sort = sort.value
  return result
}

export function selectSessions(sessions: readonly Session[], search: DashboardSearch): Session[] {
  const words = (search.q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  return sessions
    .filter((session) => search.status === undefined || session.status === search.status)
    .filter((session) => search.agent === undefined || session.agent === search.agent)
    .filter((session) => search.owner === undefined || session.owner.username === search.owner)
    .filter((session) => {
      const text = searchText(session)
      return words.every((word) => text.includes(word))
    })
    .toSorted(comparison(search.sort ?? 'activity'))
}

export function comparison(sort: SortKey): (a: Session, b: Session) => number {
  switch (sort) {
    case 'name':
      return byName
    case 'created':
      return (a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt) || byName(a, b)
    case 'status':
      return (a, b) => STATUS_ORDER[a.status] - STATUS_ORDER[b.status] || byName(a, b)
    case 'activity':
      return (a, b) => lastMoved(b) - lastMoved(a) || byName(a, b)
  }
}

function byName(a: Session, b: Session): number {
  return a.name.localeCompare(b.name, undefined, { numeric: true })
}

/** How many sessions have each status. */
export function countByStatus(sessions: readonly Session[]): Record<SessionStatus, number> {
  const counts: Record<SessionStatus, number> = { running: 0, starting: 0, pending: 0, stopped: 0, error: 0 }
  for (const session of sessions) counts[session.status] += 1
  return counts
}

/** Everybody who owns one of the sessions, and how many. */
export function ownersOf(sessions: readonly Session[]): { username: string; sessions: number }[] {
  const counts = new Map<string, number>()
  for (const { owner } of sessions) counts.set(owner.username, (counts.get(owner.username) ?? 0) + 1)
  return [...counts].map(([username, count]) => ({ username, sessions: count })).toSorted((a, b) => a.username.localeCompare(b.username))
}

function lastMoved(session: Session): number {
  return Date.parse(session.lastActivityAt ?? session.createdAt)
}

function searchText(session: Session): string {
  const labels = Object.entries(session.labels).flat()
  return [session.name, session.description, session.agent, session.workdir, session.owner.username, ...labels]
    .join('\n')
    .toLowerCase()
}
