// The agents as cards. One that is not installed says how to install it.
import type { AgentInfo } from '../../api/types'
import { classes } from '../../ui/classes'
import { AgentIcon } from '../sessions/AgentIcon'
import { ErrorText } from './ErrorText'

interface AgentPickerProps {
  agents: readonly AgentInfo[]
  /** The image that has to bring the agent along; `null` where it has to be installed on the machine. */
  image: string | null
  value: string
  error?: string | undefined
  onChange: (name: string) => void
}

export function AgentPicker({ agents, image, value, error, onChange }: AgentPickerProps) {
  const offers = (agent: AgentInfo): boolean => agent.available || image !== null
  const missing = agents.filter((agent) => !offers(agent))
  return (
    <fieldset>
      <legend className="mb-2 text-xs font-medium text-soft">Agent</legend>
      <div className="grid grid-cols-2 gap-2 sm:grid-cols-3">
        {agents.map((agent) => (
          <label
            key={agent.name}
            className={classes(
              'relative flex items-center gap-2.5 rounded-lg border bg-surface p-2.5 transition-colors has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-ember',
              offers(agent) ? 'cursor-pointer hover:border-faint/60' : 'opacity-55',
              agent.name === value ? 'border-ember ring-1 ring-ember' : 'border-line-strong',
            )}
          >
            <input
              type="radio"
              name="agent"
              className="sr-only"
              value={agent.name}
              checked={agent.name === value}
              disabled={!offers(agent)}
              onChange={() => onChange(agent.name)}
            />
            <AgentIcon agent={agent.name} size={30} />
            <span className="min-w-0">
              <span className="block truncate text-sm font-medium">{agent.title}</span>
              <span className="block text-2xs text-faint">{offers(agent) ? agent.name : 'not installed'}</span>
            </span>
          </label>
        ))}
      </div>
      <ErrorText>{error}</ErrorText>
      {image !== null && value !== 'shell' && (
        <p className="mt-1.5 text-xs text-faint">
          The image <code className="font-mono text-2xs break-all">{image}</code> has to bring it along.
        </p>
      )}
      {missing.length > 0 && (
        <details className="mt-2 text-xs text-faint">
          <summary className="w-fit rounded hover:text-soft">How to install the others</summary>
          <ul className="mt-1.5 space-y-1 pl-3">
            {missing.map((agent) => (
              <li key={agent.name}>
                {agent.title}: <span className="font-mono text-2xs select-all">{agent.installHint ?? 'see its own documentation'}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </fieldset>
  )
}
