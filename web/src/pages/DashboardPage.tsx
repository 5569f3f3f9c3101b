// All sessions, as cards or as a table, filtered and sorted by what the URL says.
import { useQuery } from '@tanstack/react-query'
import { Link, getRouteApi, useNavigate } from '@tanstack/react-router'
import { CircleAlert, LayoutGrid, Plus, Rows3 } from 'lucide-react'
import type { ReactNode } from 'react'
import { describe } from '../api/problem'
import { sessionsQuery } from '../api/queries'
import type { Session } from '../api/types'
import { useUser } from '../features/auth/useUser'
import { agentTitle } from '../features/sessions/AgentIcon'
import { SORTS, STATUSES, countByStatus, ownersOf, readDashboardSearch, selectSessions } from '../features/sessions/filters'
import type { DashboardSearch } from '../features/sessions/filters'
import { SessionCard } from '../features/sessions/SessionCard'
import { SessionTable } from '../features/sessions/SessionTable'
import { StatusDot, statusWord } from '../features/sessions/Status'
import { FirstSteps } from '../features/sessions/FirstSteps'
import { Button, buttonClass } from '../ui/Button'
import { classes } from '../ui/classes'
import { Notice } from '../ui/Notice'
import { PICK } from '../ui/pick'
import { SearchField } from '../ui/SearchField'
import { Segments } from '../ui/Segments'
import { useMedia } from '../ui/useMedia'

const route = getRouteApi('/_authed/_shell/')

export function DashboardPage() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/' })
  const user = useUser()
  const sessions = useQuery(sessionsQuery)
  const change = (next: Partial<Record<keyof DashboardSearch, string | undefined>>): void => {
    void navigate({ search: (now) => readDashboardSearch({ ...now, ...next }), replace: true })
  }
  return (
    <div className="mx-auto max-w-6xl px-4 py-5 sm:px-8 sm:py-7">
      <header className="mb-5 flex items-center justify-between gap-4">
        <div>
          <h1 className="text-xl font-semibold tracking-tight">Sessions</h1>
          <p className="text-xs text-faint">{summary(sessions.data)}</p>
        </div>
        {user?.role !== 'viewer' && (
          <Link to="/new" className={classes(buttonClass('primary'), 'max-sm:hidden')}>
            <Plus size={16} /> New session
          </Link>
        )}
      </header>
      {(sessions.data?.length ?? 0) > 0 && <Filters search={search} sessions={sessions.data ?? []} onChange={change} />}
      <Content search={search} query={sessions} onClear={() => change({ q: undefined, status: undefined, agent: undefined, owner: undefined })} />
    </div>
  )
}

function summary(sessions: readonly Session[] | undefined): string {
  if (sessions === undefined) return 'Loading…'
  const counts = countByStatus(sessions)
  const parts = STATUSES.filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${statusWord(status).toLowerCase()}`)
  return parts.length === 0 ? 'None yet' : parts.join(' · ')
}

interface FiltersProps {
  search: DashboardSearch
  sessions: readonly Session[]
  onChange: (change: Partial<Record<keyof DashboardSearch, string | undefined>>) => void
}

function Filters({ search, sessions, onChange }: FiltersProps) {
  const agents = [...new Set(sessions.map((session) => session.agent))].toSorted()
  const counts = countByStatus(sessions)
  const owners = ownersOf(sessions)
  return (
    <div className={classes('mb-4 grid items-center gap-2 sm:flex', owners.length > 1 ? 'grid-cols-2' : 'grid-cols-3')}>
      <SearchField label="Search sessions" className="col-span-full sm:w-64" value={search.q ?? ''} onChange={(q) => onChange({ q })} />
      <select aria-label="Filter by status" className={PICK} value={search.status ?? ''} onChange={(event) => onChange({ status: event.target.value })}>
        <option value="">Status</option>
        {STATUSES.map((status) => (
          <option key={status} value={status}>
            {statusWord(status)} ({counts[status]})
          </option>
        ))}
      </select>
      <select aria-label="Filter by agent" className={PICK} value={search.agent ?? ''} onChange={(event) => onChange({ agent: event.target.value })}>
        <option value="">Agent</option>
        {agents.map((agent) => (
          <option key={agent} value={agent}>
            {agentTitle(agent)}
          </option>
        ))}
      </select>
      {owners.length > 1 && (
        <select aria-label="Filter by owner" className={PICK} value={search.owner ?? ''} onChange={(event) => onChange({ owner: event.target.value })}>
          <option value="">Owner</option>
          {owners.map(({ username, sessions: count }) => (
            <option key={username} value={username}>
              {username} ({count})
            </option>
          ))}
        </select>
      )}
      <span className="hidden flex-1 sm:block" />
      <select aria-label="Sort" className={PICK} value={search.sort ?? 'activity'} onChange={(event) => onChange({ sort: event.target.value })}>
        {SORTS.map((sort) => (
          <option key={sort.value} value={sort.value}>
            {sort.label}
          </option>
        ))}
      </select>
      <span className="max-sm:hidden">
        <Segments
          label="Layout"
          value={search.view ?? 'cards'}
          onChange={(view) => onChange({ view })}
          choices={[
            { value: 'cards', label: 'Cards', icon: <LayoutGrid size={14} />, hideLabel: true },
            { value: 'table', label: 'Table', icon: <Rows3 size={14} />, hideLabel: true },
          ]}
        />
      </span>
    </div>
  )
}

interface ContentProps {
  search: DashboardSearch
  query: { data?: Session[] | undefined; error: unknown; isPending: boolean; refetch: () => unknown }
  onClear: () => void
}

function Content({ search, query, onClear }: ContentProps): ReactNode {
  const { data, error, isPending } = query
  // Rows of that many columns need a wide window; a phone shows the cards as a list.
  const wide = useMedia('(min-width: 640px)')
  if (isPending) return <Skeletons />
  if (data === undefined) {
    return (
      <Notice
        icon={<CircleAlert size={34} className="text-err" />}
        title="The sessions could not be read"
        actions={<Button onClick={() => query.refetch()}>Try again</Button>}
      >
        {describe(error)}
      </Notice>
    )
  }
  if (data.length === 0) return <FirstSteps />
  const shown = selectSessions(data, search)
  if (shown.length === 0) {
    return (
      <Notice title="No session matches" icon={<StatusDot status="stopped" />} actions={<Button onClick={onClear}>Clear the filters</Button>}>
        {data.length} {data.length === 1 ? 'session is' : 'sessions are'} hidden by the filters.
      </Notice>
    )
  }
  if (search.view === 'table' && wide) return <SessionTable sessions={shown} />
  return (
    <div className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,19rem),1fr))] gap-3">
      {shown.map((session) => (
        <SessionCard key={session.id} session={session} />
      ))}
    </div>
  )
}

function Skeletons() {
  return (
    <div role="status" aria-label="Loading sessions" className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,19rem),1fr))] gap-3">
      {[0, 1, 2, 3, 4, 5].map((index) => (
        <div key={index} className="min-h-38 rounded-xl border border-line bg-surface p-4">
          <div className="flex gap-3">
            <div className="skeleton size-8.5 rounded-lg" />
            <div className="flex-1 space-y-2 pt-1">
              <div className="skeleton h-3.5 w-2/5 rounded" />
              <div className="skeleton h-2.5 w-1/4 rounded" />
            </div>
          </div>
          <div className="skeleton mt-6 h-2.5 w-4/5 rounded" />
        </div>
      ))}
    </div>
  )
}
