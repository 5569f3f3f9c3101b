// What a session is and how it fares: facts, usage, health, and how to reach it from a shell.
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { healthQuery, statsQuery } from '../../api/queries'
import type { Session, SessionStats } from '../../api/types'
import { Ago } from '../../ui/Ago'
import { classes } from '../../ui/classes'
import { Copyable } from '../../ui/Copyable'
import { bytes, duration } from '../../ui/time'
import { RecordingSection } from '../recording/RecordingSection'
import { agentTitle } from './AgentIcon'
import { ContainerFacts } from './ContainerFacts'
import { Fact, FactSection, Facts } from './Facts'
import { NetworkFacts } from './NetworkFacts'
import { Status } from './Status'
import { WorktreeFacts } from './WorktreeFacts'

export function DetailsPanel({ session }: { session: Session }) {
  return (
    <>
      <FactSection title="Session">
        {session.description !== '' && <p className="mb-2.5 text-sm text-soft">{session.description}</p>}
        <Facts>
          <Fact name="Status">
            <Status status={session.status} />
            {session.statusReason != null && <p className="mt-0.5 text-soft">{session.statusReason}</p>}
          </Fact>
          <Fact name="Agent">{agentTitle(session.agent)}</Fact>
          <Fact name="Owner">{session.owner.username}</Fact>
          <Fact name="Directory" mono="yes">
            {session.workdir}
          </Fact>
          {session.worktree !== null && <WorktreeFacts worktree={session.worktree} />}
          <Fact name="Created">
            <Ago at={session.createdAt} />
          </Fact>
          <Fact name="Changed">
            <Ago at={session.updatedAt} />
          </Fact>
          {session.lastActivityAt != null && (
            <Fact name="Last activity">
              <Ago at={session.lastActivityAt} />
            </Fact>
          )}
          {session.pid != null && <Fact name="Process">{session.pid}</Fact>}
          <Fact name="Id" mono="yes">
            {session.id}
          </Fact>
        </Facts>
      </FactSection>
      <ContainerFacts session={session} />
      <NetworkFacts session={session} />
      <RecordingSection session={session} />
      {session.status === 'running' && <Usage id={session.id} />}
      <Health id={session.id} />
      <FactSection title="From a shell">
        <div className="space-y-2">
          <Copyable text={`longhouse attach ${shellWord(session.name)}`} label="the attach command" />
          {session.socketPath != null &&
            session.terminals.map((terminal) => (
              <Copyable
                key={terminal.name}
                text={`tmux -S ${shellWord(session.socketPath ?? '')} attach -t ${terminal.name}`}
                label={`the tmux command for ${terminal.name}`}
              />
            ))}
        </div>
      </FactSection>
    </>
  )
}

/** Quoted where a shell would take the text apart. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function Usage({ id }: { id: string }) {
  const { data, isError } = useQuery(statsQuery(id))
  if (isError) return null
  const tiles: [string, (stats: SessionStats) => string][] = [
    ['CPU', (stats) => `${stats.cpuPercent.toFixed(stats.cpuPercent < 10 ? 1 : 0)} %`],
    ['Memory', (stats) => bytes(stats.memoryBytes)],
    ['Processes', (stats) => String(stats.processes)],
    ['Up for', (stats) => duration(stats.uptimeMs / 1000)],
    ['Output', (stats) => bytes(stats.outputBytes)],
    ['Viewers', (stats) => String(stats.viewers)],
  ]
  return (
    <FactSection title="Usage">
      <dl className="grid grid-cols-3 gap-2">
        {tiles.map(([name, show]) => (
          <Tile key={name} name={name}>
            {data !== undefined ? show(data) : <span className="skeleton inline-block h-3 w-10 rounded" />}
          </Tile>
        ))}
      </dl>
    </FactSection>
  )
}

function Tile({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="rounded-lg border border-line bg-surface px-2.5 py-2">
      <dt className="text-2xs text-faint">{name}</dt>
      <dd className="text-sm font-medium tabular-nums">{children}</dd>
    </div>
  )
}

function Health({ id }: { id: string }) {
  const { data } = useQuery(healthQuery(id))
  if (data === undefined) return null
  const checks = Object.entries(data.checks)
  return (
    <FactSection title="Health">
      <Facts>
        <Fact name="Overall">
          <HealthWord status={data.healthy ? 'ok' : data.status === 'running' ? 'degraded' : data.status} />
          {data.linkRttMs != null && <span className="text-soft"> answers in {data.linkRttMs.toFixed(data.linkRttMs < 10 ? 1 : 0)} ms</span>}
        </Fact>
        {checks.map(([name, check]) => (
          <Fact key={name} name={name}>
            <HealthWord status={check.status} /> <span className="text-soft">{check.detail}</span>
          </Fact>
        ))}
      </Facts>
    </FactSection>
  )
}

function HealthWord({ status }: { status: string }) {
  const good = ['ok', 'healthy', 'up'].includes(status)
  const idle = ['stopped', 'unknown', 'starting', 'none'].includes(status)
  return <span className={classes('font-medium', good ? 'text-run' : idle ? 'text-stop' : 'text-err')}>{status}</span>
}
