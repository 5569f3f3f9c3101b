// What a terminal showed, replayed over the whole window, at an address of its own.
import { useQuery } from '@tanstack/react-query'
import { Link, getRouteApi } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { describe, hasStatus } from '../api/problem'
import { sessionQuery } from '../api/queries'
import type { Session } from '../api/types'
import { CastError } from '../features/recording/cast'
import { recordingQuery } from '../features/recording/load'
import type { Loaded } from '../features/recording/load'
import { NoRecording } from '../features/recording/NoRecording'
import { NotRecordedNote } from '../features/recording/NotRecordedNote'
import { RecordingMark } from '../features/recording/RecordingMark'
import { ReplayActions } from '../features/recording/ReplayActions'
import { ReplayPlayer } from '../features/recording/ReplayPlayer'
import { Gone } from '../features/sessions/Gone'
import { PaneSkeleton } from '../features/sessions/Workbench'
import { Badge } from '../ui/Badge'
import { Button } from '../ui/Button'
import { Notice } from '../ui/Notice'
import { bytes } from '../ui/time'
import { useTitle } from '../ui/useTitle'
import { NotFoundPage } from './NotFoundPage'

const route = getRouteApi('/_authed/sessions/$id/terminals/$name/replay')

export function ReplayPage() {
  const { id } = route.useParams()
  const { data: session, error, refetch } = useQuery(sessionQuery(id))
  if (hasStatus(error, 404)) return session === undefined ? <NotFoundPage /> : <Gone name={session.name} />
  if (session !== undefined) return <Replay session={session} />
  if (error === null) return <PaneSkeleton />
  return (
    <Notice title="The session could not be read" actions={<Button onClick={() => void refetch()}>Try again</Button>}>
      {describe(error)}
    </Notice>
  )
}

function Replay({ session }: { session: Session }) {
  const { name } = route.useParams()
  const { at } = route.useSearch()
  const [loaded, setLoaded] = useState<Loaded | null>(null)
  /** Where it was before it was loaded anew. */
  const [left, setLeft] = useState<number | undefined>(undefined)
  const { data: timeline, error, isFetching, refetch } = useQuery(recordingQuery(session.id, name, setLoaded))
  useTitle(`Replay of ${name} · ${session.name}`)
  const reload = (): void => {
    setLoaded(null)
    void refetch()
  }
  const content = (): ReactNode => {
    if (isFetching) return <Loading loaded={loaded} />
    if (error !== null) return <Failed error={error} onRetry={reload} />
    if (timeline == null || timeline.events.length === 0) return <NoRecording session={session} onReload={reload} />
    return (
      <>
        <NotRecordedNote session={session} />
        <ReplayPlayer timeline={timeline} terminal={name} startAt={left ?? at} onLeave={setLeft} />
      </>
    )
  }
  return (
    <main className="flex h-app flex-col bg-bg">
      <header className="flex h-9 shrink-0 items-center gap-2 border-b border-line bg-side pr-1.5 pl-3 text-xs coarse:h-11">
        <Link
          to="/sessions/$id"
          params={{ id: session.id }}
          aria-label={`Back to ${session.name}`}
          className="-ml-1.5 grid size-6.5 shrink-0 place-items-center rounded-md text-soft hover:bg-hover hover:text-text"
        >
          <ArrowLeft size={15} />
        </Link>
        <h1 className="truncate font-medium">
          {session.name} <span className="font-normal text-faint">/ {session.terminals.find((item) => item.name === name)?.title || name}</span>
        </h1>
        <span className="max-sm:hidden">
          <Badge tone="ember">Replay</Badge>
        </span>
        {session.recording && <RecordingMark />}
        <span className="flex-1" />
        {timeline != null && <ReplayActions session={session} terminal={name} onReload={reload} />}
      </header>
      {content()}
    </main>
  )
}

function Loading({ loaded }: { loaded: Loaded | null }) {
  const part = loaded === null || loaded.of === null || loaded.of === 0 ? null : Math.min(1, loaded.bytes / loaded.of)
  return (
    <div role="status" className="m-auto w-64 max-w-full px-6 text-center text-sm text-soft">
      <p>Loading the recording{loaded !== null && loaded.bytes > 0 && <span className="text-faint tabular-nums"> · {bytes(loaded.bytes)}</span>}</p>
      <div className="mt-3 h-1 overflow-hidden rounded-full bg-active">
        {part === null ? <div className="skeleton h-full" /> : <div className="h-full bg-ember" style={{ width: `${part * 100}%` }} />}
      </div>
    </div>
  )
}

function Failed({ error, onRetry }: { error: Error; onRetry: () => void }) {
  return (
    <Notice title="The recording could not be read" actions={error instanceof CastError ? undefined : <Button onClick={onRetry}>Try again</Button>}>
      {describe(error)}
    </Notice>
  )
}
