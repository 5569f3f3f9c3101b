// One session: its terminals, and beside them whatever one wants to know.
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { describe, hasStatus } from '../api/problem'
import { sessionQuery } from '../api/queries'
import type { Session } from '../api/types'
import { Gone } from '../features/sessions/Gone'
import { SessionHeader } from '../features/sessions/SessionHeader'
import { SessionPanel } from '../features/sessions/SessionPanel'
import type { SessionLayout, SessionSearch } from '../features/sessions/sessionSearch'
import { Waiting } from '../features/sessions/Waiting'
import { PaneSkeleton, Workbench } from '../features/sessions/Workbench'
import { Button } from '../ui/Button'
import { Notice } from '../ui/Notice'
import { useMedia } from '../ui/useMedia'
import { NotFoundPage } from './NotFoundPage'

const route = getRouteApi('/_authed/_shell/sessions/$id')
/** Two terminals of eighty columns need about this much room. */
const ROOM_FOR_TWO = '(min-width: 900px)'

export function SessionPage() {
  const { id } = route.useParams()
  const { data: session, error, refetch } = useQuery(sessionQuery(id))
  if (hasStatus(error, 404)) return session === undefined ? <NotFoundPage /> : <Gone name={session.name} />
  if (session !== undefined) return <OpenSession session={session} />
  if (error === null) return <PaneSkeleton />
  return (
    <Notice title="The session could not be read" actions={<Button onClick={() => void refetch()}>Try again</Button>}>
      {describe(error)}
    </Notice>
  )
}

function OpenSession({ session }: { session: Session }) {
  const search = route.useSearch()
  const navigate = useNavigate()
  const wide = useMedia(ROOM_FOR_TWO)
  const layout: SessionLayout = search.view === 'full' ? 'full' : wide ? (search.view ?? 'split') : 'tabs'
  const go = (next: SessionSearch): void => {
    void navigate({ to: '/sessions/$id', params: { id: session.id }, search: next, replace: true })
  }
  const panel = search.panel
  useEffect(() => {
    document.title = `${session.name} · Longhouse`
    return () => {
      document.title = 'Longhouse'
    }
  }, [session.name])
  const hasTerminals = session.status === 'running' && session.terminals.length > 0
  const workbench = hasTerminals && (
    <Workbench
      session={session}
      layout={layout}
      chosen={search.terminal}
      onChange={(next) => go({ ...(panel === undefined ? {} : { panel }), ...withoutUsual(next, wide) })}
    />
  )
  if (layout === 'full' && hasTerminals) return <div className="fixed inset-x-0 top-0 z-20 h-app bg-bg">{workbench}</div>
  return (
    <div className="flex h-full min-h-0 flex-col">
      <SessionHeader
        session={session}
        layout={layout}
        wide={wide}
        panelOpen={panel !== undefined}
        onLayout={(view) => go({ ...search, ...withoutUsual({ view }, wide), ...(view === 'split' ? { view: undefined } : {}) })}
        onPanel={() => go({ ...search, panel: panel === undefined ? 'details' : undefined })}
        onChanges={() => go({ ...search, panel: 'changes', commit: undefined })}
        onDeleted={() => void navigate({ to: '/' })}
      />
      <div className="relative flex min-h-0 flex-1">
        <div className="min-w-0 flex-1">{workbench || <Waiting session={session} />}</div>
        {panel !== undefined && (
          <SessionPanel
            session={session}
            place={{ panel, commit: search.commit }}
            onPlace={(place) => go({ ...search, commit: undefined, ...place })}
            onClose={() => go({ ...search, panel: undefined, commit: undefined })}
          />
        )}
      </div>
    </div>
  )
}

/** Leaves out what is so anyway, so that links stay short. */
function withoutUsual(search: SessionSearch, wide: boolean): SessionSearch {
  const usual = wide ? 'split' : 'tabs'
  return search.view === usual ? { ...search, view: undefined } : search
}
