// A session's status as a dot and a word: never colour alone.
import type { Session, SessionStatus } from '../../api/types'
import { classes } from '../../ui/classes'

const WORDS: Record<SessionStatus, string> = {
  pending: 'Pending',
  starting: 'Starting',
  running: 'Running',
  stopped: 'Stopped',
  error: 'Error',
}
const DOTS: Record<SessionStatus, string> = {
  pending: 'rounded-full bg-wait',
  starting: 'rounded-full bg-start animate-glow',
  running: 'rounded-full bg-run',
  stopped: 'rounded-full ring-[1.5px] ring-inset ring-stop',
  error: 'rotate-45 rounded-[2px] bg-err',
}
const TEXTS: Record<SessionStatus, string> = {
  pending: 'text-wait',
  starting: 'text-start',
  running: 'text-run',
  stopped: 'text-stop',
  error: 'text-err',
}

export function statusWord(status: SessionStatus): string {
  return WORDS[status]
}

export function StatusDot({ status }: { status: SessionStatus }) {
  return <span aria-hidden="true" className={classes('inline-block size-2 shrink-0', DOTS[status])} />
}

export function Status({ status }: { status: SessionStatus }) {
  return (
    <span data-status={status} className={classes('inline-flex items-center gap-1.5 text-xs font-medium whitespace-nowrap', TEXTS[status])}>
      <StatusDot status={status} />
      {WORDS[status]}
    </span>
  )
}

/** What the agent is at, where that is known and worth a word. */
export function AgentStateBadge({ session }: { session: Session }) {
  if (session.status !== 'running') return null
  if (session.agentState === 'needsInput') {
    return <span className="rounded-full bg-need-wash px-2 py-px text-2xs font-medium text-need">Needs you</span>
  }
  if (session.agentState === 'working') {
    return <span className="rounded-full bg-ember-wash px-2 py-px text-2xs font-medium text-ember">Working</span>
  }
  if (session.agentState === 'exited') {
    return <span className="rounded-full bg-hover px-2 py-px text-2xs font-medium text-faint">Agent ended</span>
  }
  return null
}
