// One session as a card on the dashboard. The whole card opens it; its actions stand in the corner.
import { Link } from '@tanstack/react-router'
import { Folder, Play, Square } from 'lucide-react'
import type { Session } from '../../api/types'
import { IconButton } from '../../ui/Button'
import { ShareBadge } from '../sharing/ShareBadge'
import { may, useSessionActions } from './actions'
import { AgentIcon, agentTitle } from './AgentIcon'
import { Ember } from './Ember'
import { ProgressLine } from './ProgressLine'
import { SessionMenu } from './SessionMenu'
import { AgentStateBadge, Status } from './Status'

export function SessionCard({ session }: { session: Session }) {
  return (
    <article
      data-session={session.name}
      className="group relative flex flex-col sm:min-h-38 rounded-xl border border-line bg-surface p-4 shadow-card transition-colors hover:border-line-strong"
    >
      <div className="flex items-start gap-3">
        <AgentIcon agent={session.agent} size={34} />
        <div className="min-w-0 flex-1">
          <h3 className="truncate font-semibold tracking-tight">
            <Link to="/sessions/$id" params={{ id: session.id }} className="after:absolute after:inset-0 after:rounded-xl focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-offset-2 focus-visible:after:outline-ember">
              {session.name}
            </Link>
          </h3>
          <p className="truncate text-xs text-faint">
            {agentTitle(session.agent)}
            {session.mode === 'autonomous' && ' · autonomous'}
            {session.runtime !== 'host' && ` · ${session.runtime}`}
          </p>
        </div>
        <div className="relative z-1 -mt-1 -mr-1.5 flex">
          <QuickTurn session={session} />
          <SessionMenu session={session} />
        </div>
      </div>
      <CardBody session={session} />
      <div className="mt-auto flex items-center justify-between gap-3 pt-3">
        <span className="flex items-center gap-2.5">
          <Status status={session.status} />
          <AgentStateBadge session={session} />
        </span>
        <span className="min-w-0 flex-1" />
        <ShareBadge session={session} />
        <Ember at={session.lastActivityAt} running={session.status === 'running'} />
      </div>
    </article>
  )
}

function CardBody({ session }: { session: Session }) {
  if (session.status === 'error') {
    return <p className="mt-3 line-clamp-2 text-xs text-err">{session.statusReason ?? 'It ended by a fault.'}</p>
  }
  if (session.status === 'starting' || session.status === 'pending') return <ProgressLine session={session} />
  return (
    <div className="mt-3 space-y-1">
      {session.status === 'stopped' && session.statusReason !== null && (
        <p className="line-clamp-2 text-xs text-soft">{session.statusReason}</p>
      )}
      {session.description !== '' && <p className="line-clamp-1 text-xs text-soft">{session.description}</p>}
      <p className="flex items-center gap-1.5 text-xs text-faint">
        <Folder size={12} className="shrink-0" />
        <span className="truncate font-mono text-2xs" dir="rtl" title={session.workdir}>
          <bdi>{session.workdir}</bdi>
        </span>
      </p>
    </div>
  )
}

/** The one action that is most likely wanted now. */
export function QuickTurn({ session }: { session: Session }) {
  const { turn, busy } = useSessionActions(session)
  const canStop = may(session, 'stop')
  if (!canStop && !may(session, 'start')) return null
  return (
    <IconButton
      label={`${canStop ? 'Stop' : 'Start'} ${session.name}`}
      disabled={busy}
      onClick={() => turn(canStop ? 'stop' : 'start')}
      className="opacity-0 group-hover:opacity-100 focus-visible:opacity-100 coarse:opacity-100"
    >
      {canStop ? <Square size={11} fill="currentColor" /> : <Play size={14} />}
    </IconButton>
  )
}
