// What a session's page shows while there are no terminals to show: creation under way, stopped, or failed.
import { Link } from '@tanstack/react-router'
import { CircleAlert, Moon, Play } from 'lucide-react'
import type { Progress } from '../../api/queries'
import type { Session } from '../../api/types'
import { Button, buttonClass } from '../../ui/Button'
import { Copyable } from '../../ui/Copyable'
import { Notice } from '../../ui/Notice'
import { may, useSessionActions } from './actions'
import { LastScreen } from './LastScreen'
import { useProgress } from './ProgressLine'
import { StageList } from './StageList'
import { advice, stageWords } from './stages'

interface StageProps {
  session: Session
  progress: Progress | null
}

export function Waiting({ session }: { session: Session }) {
  const progress = useProgress(session)
  if (session.status === 'error' || session.status === 'stopped') {
    return (
      <div className="h-full overflow-auto">
        {session.status === 'error' ? <Failed session={session} progress={progress} /> : <Stopped session={session} />}
        {session.lastActivityAt != null && <LastScreen session={session} />}
      </div>
    )
  }
  return <Creation session={session} progress={progress} />
}

function Creation({ session, progress }: StageProps) {
  return (
    <div className="mx-auto w-full max-w-sm px-6 py-16">
      <h2 className="text-lg font-semibold tracking-tight text-balance">Getting “{session.name}” ready</h2>
      <p role="status" className="sr-only">
        {progress === null ? 'Waiting to begin' : stageWords(session, progress.stage)}
      </p>
      <StageList session={session} progress={progress} state="underWay" />
    </div>
  )
}

function StartButton({ session, label }: { session: Session; label: string }) {
  const { turn, busy } = useSessionActions(session)
  if (!may(session, 'start')) return null
  return (
    <Button look="primary" disabled={busy} onClick={() => turn('start')}>
      <Play size={14} /> {label}
    </Button>
  )
}

function Failed({ session, progress }: StageProps) {
  // How far it got is known to whoever watched; that nothing was ever written in it says as much.
  const neverRan = progress !== null || session.lastActivityAt == null
  const title = neverRan ? 'This session could not be started' : 'This session ended by a fault'
  return (
    <Notice
      icon={<CircleAlert size={34} className="text-err" />}
      title={title}
      actions={
        <>
          <StartButton session={session} label="Try again" />
          <Link to="/sessions/$id" params={{ id: session.id }} search={{ panel: 'logs' }} className={buttonClass('plain')}>
            Look into the log
          </Link>
          {neverRan && (
            <Link to="/new" className={buttonClass('quiet')}>
              Start over with other settings
            </Link>
          )}
        </>
      }
    >
      <p className="break-words first-letter:uppercase">{session.statusReason ?? 'The server gave no reason; the log may tell more.'}</p>
      {progress !== null && <p className="mt-1.5 empty:hidden">{advice(session, progress.stage)}</p>}
      {neverRan && session.sshPublicKey !== null && (progress === null || progress.stage === 'clone') && (
        <div className="mt-4 text-left">
          <p className="mb-1.5 text-xs">The session logs in with this key. Give it to the repository’s host (as a deploy key, say), and try again:</p>
          <Copyable text={session.sshPublicKey} label="the public half of its SSH key" />
        </div>
      )}
      {progress !== null && (
        <div className="mx-auto w-fit text-left">
          <StageList session={session} progress={progress} state="failed" />
        </div>
      )}
    </Notice>
  )
}

function Stopped({ session }: { session: Session }) {
  return (
    <Notice icon={<Moon size={32} />} title="This session is stopped" actions={<StartButton session={session} label="Start" />}>
      {session.statusReason ?? 'Its directory and settings are kept. Starting it opens fresh terminals there.'}
    </Notice>
  )
}
