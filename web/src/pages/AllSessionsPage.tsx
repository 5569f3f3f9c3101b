// The sessions of everybody, for administrators: as rows, by owner.
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { describe } from '../api/problem'
import { sessionsQuery } from '../api/queries'
import { STATUSES, countByStatus, ownersOf, readDashboardSearch, selectSessions } from '../features/sessions/filters'
import type { DashboardSearch } from '../features/sessions/filters'
import { SessionCard } from '../features/sessions/SessionCard'
import { SessionTable } from '../features/sessions/SessionTable'
import { statusWord } from '../features/sessions/Status'
import { Button } from '../ui/Button'
import { Notice } from '../ui/Notice'
import { PICK } from '../ui/pick'
import { SearchField } from '../ui/SearchField'
import { useMedia } from '../ui/useMedia'
import { useTitle } from '../ui/useTitle'
import { PendingPage } from './PendingPage'

const route = getRouteApi('/_authed/_shell/admin/sessions')

export function AllSessionsPage() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/admin/sessions' })
  const wide = useMedia('(min-width: 768px)')
  const { data: sessions, error, refetch } = useQuery(sessionsQuery)
  useTitle('All sessions')
  if (sessions === undefined) {
    return error === null ? (
      <PendingPage />
    ) : (
      <Notice title="The sessions could not be read" actions={<Button onClick={() => void refetch()}>Try again</Button>}>
        {describe(error)}
      </Notice>
    )
  }
  const change = (next: Partial<Record<keyof DashboardSearch, string | undefined>>): void => {
    void navigate({ search: (now) => readDashboardSearch({ ...now, ...next }), replace: true })
  }
  const counts = countByStatus(sessions)
  const shown = selectSessions(sessions, search)
  return (
    <>
      <div className="mb-4 grid grid-cols-2 items-center gap-2 sm:flex">
        <SearchField label="Search all sessions" className="col-span-2 sm:w-64" value={search.q ?? ''} onChange={(q) => change({ q })} />
        <select aria-label="Filter by owner" className={PICK} value={search.owner ?? ''} onChange={(event) => change({ owner: event.target.value })}>
          <option value="">Owner</option>
          {ownersOf(sessions).map(({ username, sessions: count }) => (
            <option key={username} value={username}>
              {username} ({count})
            </option>
          ))}
        </select>
        <select aria-label="Filter by status" className={PICK} value={search.status ?? ''} onChange={(event) => change({ status: event.target.value })}>
          <option value="">Status</option>
          {STATUSES.map((status) => (
            <option key={status} value={status}>
              {statusWord(status)} ({counts[status]})
            </option>
          ))}
        </select>
      </div>
      {shown.length === 0 ? (
        <Notice title={sessions.length === 0 ? 'Nobody has a session yet' : 'No session matches'} actions={sessions.length > 0 && <Button onClick={() => change({ q: '', owner: '', status: '', agent: '' })}>Clear the filters</Button>}>
          {sessions.length === 0 ? 'Sessions of everybody appear here.' : `${sessions.length} are hidden by the filters.`}
        </Notice>
      ) : wide ? (
        <SessionTable sessions={shown} />
      ) : (
        <div className="grid grid-cols-1 gap-3">
          {shown.map((session) => (
            <SessionCard key={session.id} session={session} />
          ))}
        </div>
      )}
    </>
  )
}
