// The sessions as a table: for many of them, and for those who like rows.
import { Link } from '@tanstack/react-router'
import { Users } from 'lucide-react'
import type { Session } from '../../api/types'
import { Ago } from '../../ui/Ago'
import { peopleWord } from '../sharing/access'
import { AgentIcon, agentTitle } from './AgentIcon'
import { Ember } from './Ember'
import { QuickTurn } from './SessionCard'
import { SessionMenu } from './SessionMenu'
import { AgentStateBadge, Status } from './Status'

const HEAD = 'px-3 py-2 text-left text-2xs font-medium text-faint whitespace-nowrap'
const CELL = 'px-3 py-2 align-middle'

export function SessionTable({ sessions }: { sessions: readonly Session[] }) {
  return (
    <div className="scroll-quiet overflow-x-auto rounded-xl border border-line bg-surface shadow-card">
      <table className="w-full min-w-180 border-collapse text-sm">
        <thead>
          <tr className="border-b border-line">
            <th className={HEAD}>Session</th>
            <th className={HEAD}>Status</th>
            <th className={HEAD}>Activity</th>
            <th className={HEAD}>Directory</th>
            <th className={HEAD}>Owner</th>
            <th className={HEAD}>Created</th>
            <th className={HEAD}>
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sessions.map((session) => (
            <Row key={session.id} session={session} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({ session }: { session: Session }) {
  return (
    <tr data-session={session.name} className="group border-b border-line last:border-0 hover:bg-hover">
      <td className={CELL}>
        <Link to="/sessions/$id" params={{ id: session.id }} className="flex items-center gap-2.5">
          <AgentIcon agent={session.agent} size={26} />
          <span className="min-w-0">
            <span className="block max-w-56 truncate font-medium">{session.name}</span>
            <span className="block text-2xs text-faint">
              {agentTitle(session.agent)} · {session.runtime}
            </span>
          </span>
        </Link>
      </td>
      <td className={CELL}>
        <span className="flex items-center gap-2" title={session.statusReason ?? undefined}>
          <Status status={session.status} />
          <AgentStateBadge session={session} />
        </span>
      </td>
      <td className={CELL}>
        <Ember at={session.lastActivityAt} running={session.status === 'running'} />
      </td>
      <td className={CELL}>
        <span className="block max-w-64 truncate font-mono text-2xs text-faint" title={session.workdir}>
          {session.workdir}
        </span>
      </td>
      <td className={`${CELL} text-xs text-soft`}>
        <span className="flex items-center gap-2">
          {session.owner.username}
          {session.shared > 0 && (
            <span title={`Shared with ${peopleWord(session.shared)}`} className="inline-flex items-center gap-1 text-2xs text-faint">
              <Users size={12} /> {session.shared}
            </span>
          )}
        </span>
      </td>
      <td className={`${CELL} text-xs whitespace-nowrap text-faint`}>
        <Ago at={session.createdAt} />
      </td>
      <td className={CELL}>
        <span className="flex justify-end">
          <QuickTurn session={session} />
          <SessionMenu session={session} />
        </span>
      </td>
    </tr>
  )
}
