// What a container's programs may reach, and where they are reached.
import type { ServerConfig } from '../../api/types'
import { Choice } from '../../ui/Choice'
import { NETWORK_WORDS, NETWORKS } from './container'
import { ErrorText } from './ErrorText'
import type { FieldsProps } from './fields'
import { HostsField } from './HostsField'
import { PortsField } from './PortsField'

export function NetworkFields({ form, config, errors, onChange }: FieldsProps & { config: Pick<ServerConfig, 'publish'> }) {
  return (
    <>
      <fieldset>
        <legend className="sr-only">Network</legend>
        <div className="space-y-2">
          {NETWORKS.filter((network) => network !== 'git' || form.repoUrl !== '').map((network) => (
            <Choice
              key={network}
              type="radio"
              name="network"
              {...NETWORK_WORDS[network]}
              checked={form.network === network}
              onChange={() => onChange({ network })}
            />
          ))}
        </div>
        <ErrorText>{errors['network']}</ErrorText>
      </fieldset>
      {form.network === 'allowlist' && (
        <HostsField value={form.allowHosts} error={errors['allowHosts']} onChange={(allowHosts) => onChange({ allowHosts })} />
      )}
      {config.publish != null && <PortsField rows={form.ports} publish={config.publish} error={errors['ports']} onChange={(ports) => onChange({ ports })} />}
    </>
  )
}
