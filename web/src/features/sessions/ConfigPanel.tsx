// What was asked for at creation. It does not change while the session runs.
import type { Session } from '../../api/types'
import { duration } from '../../ui/time'
import { Copyable } from '../../ui/Copyable'
import { Fact, FactSection, Facts } from './Facts'

export function ConfigPanel({ session }: { session: Session }) {
  const env = Object.entries(session.env)
  const labels = Object.entries(session.labels)
  return (
    <>
      <FactSection title="Agent">
        <Facts>
          <Fact name="Agent">{session.agent}</Fact>
          <Fact name="Mode">{session.mode}</Fact>
          <Fact name="Flags" mono="yes">
            {session.flags.length === 0 ? '—' : session.flags.join(' ')}
          </Fact>
          <Fact name="Prompt">{session.prompt ?? '—'}</Fact>
        </Facts>
      </FactSection>
      <FactSection title="Place">
        <Facts>
          <Fact name="Runtime">{session.runtime === 'host' ? 'this machine' : session.runtime}</Fact>
          {session.runtime === 'host' && <Fact name="Terminals">{session.multiplexer === 'tmux' ? 'in tmux' : 'plain'}</Fact>}
          <Fact name="Directory" mono="yes">
            {session.workdir}
          </Fact>
          {session.socketPath != null && (
            <Fact name="Socket" mono="yes">
              {session.socketPath}
            </Fact>
          )}
          <Fact name="Stop when idle">{session.idleTimeoutSeconds == null ? 'never' : `after ${duration(session.idleTimeoutSeconds)}`}</Fact>
        </Facts>
      </FactSection>
      <FactSection title="Git">
        <Facts>
          {session.repoUrl != null && (
            <Fact name="Repository" mono="yes">
              {session.repoUrl}
            </Fact>
          )}
          {session.branch != null && (
            <Fact name="Branch or tag" mono="yes">
              {session.branch}
            </Fact>
          )}
          {session.repoUrl != null && (
            <Fact name="History">
              {session.cloneDepth == null ? 'all of it' : `the last ${session.cloneDepth}`}
              {session.cloneSubmodules && ', with submodules'}
            </Fact>
          )}
          <Fact name="Name">{session.gitUserName ?? '—'}</Fact>
          <Fact name="E-mail">{session.gitUserEmail ?? '—'}</Fact>
          {session.hasSshKey && <Fact name="SSH key">{session.sshPublicKey == null ? 'one that is kept' : 'this one, for the repository’s host:'}</Fact>}
        </Facts>
        {session.sshPublicKey != null && (
          <div className="mt-2.5">
            <Copyable text={session.sshPublicKey} label="the public half of its SSH key" />
          </div>
        )}
      </FactSection>
      <FactSection title="Environment">
        {env.length === 0 ? <Nothing /> : <Pairs pairs={env} />}
      </FactSection>
      <FactSection title="Secrets">
        {session.secrets.length === 0 ? <Nothing /> : <p className="font-mono text-2xs break-all">{session.secrets.join(', ')}</p>}
      </FactSection>
      <FactSection title="Labels">{labels.length === 0 ? <Nothing /> : <Pairs pairs={labels} />}</FactSection>
    </>
  )
}

function Nothing() {
  return <p className="text-xs text-faint">None.</p>
}

function Pairs({ pairs }: { pairs: readonly [string, string][] }) {
  return (
    <ul className="space-y-1 font-mono text-2xs">
      {pairs.map(([name, value]) => (
        <li key={name} className="break-all">
          <span className="text-faint">{name}=</span>
          {value}
        </li>
      ))}
    </ul>
  )
}
