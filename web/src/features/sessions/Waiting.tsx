// What a session's page shows while there are no terminals to show: creation under way, stopped, or failed.
import { Link } from '@tanstack/react-router'
import { CircleAlert, Moon, Play } from 'lucide-react'
import type { Progress } from '../../api/queries'
import type { Session } from '../../api/types'
import { Button, buttonClass } from '../../ui/Button'
import { Notice } from '../../ui/Notice'
import { may, useSessionActions } from './actions'
import { LastScreen } from './LastScreen'
import { STAGE_WORDS, useProgress } from './ProgressLine'
import { StageList } from './StageList'

interface StageProps {
  session: Session
  progress: Progress | null
}

export function Waiting({ session }: { session: Session }) {
  // A session in error of which this is known never ran; a page that is opened later does not know it.
  const progress = useProgress(session)
  if (session.status === 'error' || session.status === 'stopped') {
    return (
      <div className="h-full overflow-auto">
        {session.status === 'error' ? <Failed session={session} progress={progress} /> : <Stopped session={session} />}
        {(session.status === 'stopped' || progress === null) && <LastScreen session={session} />}
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
        {progress === null ? 'Waiting to begin' : STAGE_WORDS[progress.stage]}
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
  const title = progress === null ? 'This session ended by a fault' : 'This session could not be started'
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
          {progress !== null && (
            <Link to="/new" className={buttonClass('quiet')}>
              Start over with other settings
            </Link>
          )}
        </>
      }
    >
      <p className="break-words">{session.statusReason ?? 'The server gave no reason; the log may tell more.'}</p>
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
