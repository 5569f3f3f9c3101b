// What a session's page shows while there are no terminals to show: creation under way, stopped, or failed.
import { CircleAlert, Moon, Play } from 'lucide-react'
import type { Session, Stage } from '../../api/types'
import { Button } from '../../ui/Button'
import { classes } from '../../ui/classes'
import { Notice } from '../../ui/Notice'
import { may, useSessionActions } from './actions'
import { LastScreen } from './LastScreen'
import { ProgressBar, STAGE_WORDS, useProgress } from './ProgressLine'

const HOST_STAGES: readonly Stage[] = ['container', 'agent']
const CONTAINER_STAGES: readonly Stage[] = ['image', 'container', 'clone', 'setup', 'agent']

export function Waiting({ session }: { session: Session }) {
  if (session.status === 'error' || session.status === 'stopped') {
    return (
      <div className="h-full overflow-auto">
        {session.status === 'error' ? <Failed session={session} /> : <Stopped session={session} />}
        <LastScreen session={session} />
      </div>
    )
  }
  return <Creation session={session} />
}

function Creation({ session }: { session: Session }) {
  const progress = useProgress(session)
  const stages = session.runtime === 'host' ? HOST_STAGES : CONTAINER_STAGES
  const at = progress === null ? 0 : Math.max(stages.indexOf(progress.stage), 0)
  return (
    <div role="status" className="mx-auto w-full max-w-sm px-6 py-16">
      <h2 className="text-lg font-semibold tracking-tight">Getting “{session.name}” ready</h2>
      <ProgressBar percent={progress?.percent ?? Math.round((100 * (at + 0.5)) / stages.length)} />
      <ol className="mt-5 space-y-2.5">
        {stages.map((stage, index) => (
          <li key={stage} className={classes('flex items-center gap-3 text-sm', index === at ? 'text-text' : 'text-faint')}>
            <span
              className={classes(
                'size-2 rounded-full',
                index < at ? 'bg-run' : index === at ? 'animate-glow bg-start' : 'ring-1 ring-line-strong ring-inset',
              )}
            />
            {STAGE_WORDS[stage]}
          </li>
        ))}
      </ol>
      {progress !== null && progress.detail !== '' && <p className="mt-4 font-mono text-2xs break-words text-faint">{progress.detail}</p>}
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

function Failed({ session }: { session: Session }) {
  return (
    <Notice
      icon={<CircleAlert size={34} className="text-err" />}
      title="This session ended by a fault"
      actions={<StartButton session={session} label="Try again" />}
    >
      <p className="break-words">{session.statusReason ?? 'The server gave no reason; the log may tell more.'}</p>
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
