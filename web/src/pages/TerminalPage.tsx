// One terminal over the whole window, at an address of its own.
import { useQuery } from '@tanstack/react-query'
import { Link, getRouteApi } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import { useEffect } from 'react'
import { describe, hasStatus } from '../api/problem'
import { sessionQuery } from '../api/queries'
import type { Session, TerminalInfo } from '../api/types'
import { may } from '../features/sessions/actions'
import { Gone } from '../features/sessions/Gone'
import { Status } from '../features/sessions/Status'
import { useTerminalActions } from '../features/sessions/terminalActions'
import { Waiting } from '../features/sessions/Waiting'
import { PaneSkeleton } from '../features/sessions/Workbench'
import { TerminalPane } from '../features/terminal/TerminalPane'
import { Notice } from '../ui/Notice'
import { NotFoundPage } from './NotFoundPage'

const route = getRouteApi('/_authed/sessions/$id/terminals/$name')

export function TerminalPage() {
  const { id, name } = route.useParams()
  const { data: session, error } = useQuery(sessionQuery(id))
  if (hasStatus(error, 404)) return session === undefined ? <NotFoundPage /> : <Gone name={session.name} />
  if (session === undefined) {
    return error === null ? <PaneSkeleton /> : <Notice title="The terminal could not be opened">{describe(error)}</Notice>
  }
  const terminal = session.terminals.find((item) => item.name === name)
  if (session.status !== 'running') return <Waiting session={session} />
  if (terminal === undefined) return <NotFoundPage />
  return <Alone session={session} terminal={terminal} />
}

function Alone({ session, terminal }: { session: Session; terminal: TerminalInfo }) {
  const { name } = terminal
  const navigate = route.useNavigate()
  const actions = useTerminalActions(session)
  useEffect(() => {
    document.title = `${name} · ${session.name}`
  }, [name, session.name])
  const leave = (): void => void navigate({ to: '/sessions/$id', params: { id: session.id } })
  return (
    <main className="h-app">
      <TerminalPane
        sessionId={session.id}
        terminal={terminal}
        canDrive={may(session, 'drive')}
        focusFirst
        aloneUrl={null}
        fullScreen="unavailable"
        tabs={
          <span className="flex min-w-0 items-center gap-2.5">
            <Link
              to="/sessions/$id"
              params={{ id: session.id }}
              aria-label={`Back to ${session.name}`}
              className="-ml-1.5 grid size-6.5 place-items-center rounded-md text-soft hover:bg-hover hover:text-text"
            >
              <ArrowLeft size={15} />
            </Link>
            <span className="truncate font-medium">
              {session.name} <span className="font-normal text-faint">/ {terminal.title || name}</span>
            </span>
            <Status status={session.status} />
          </span>
        }
        onFullScreen={() => undefined}
        onRestart={() => actions.restart(name)}
        onChanged={actions.refresh}
        onClose={() => actions.close(name, leave)}
      />
    </main>
  )
}
