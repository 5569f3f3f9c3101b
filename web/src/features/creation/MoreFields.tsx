// The rest of the creation form: most sessions need none of it.
import type { ServerConfig } from '../../api/types'
import { TextField } from '../../ui/Field'
import { Switch } from '../../ui/Switch'
import { RECORDING_HINT } from '../recording/policy'
import { ErrorText } from './ErrorText'
import type { FieldsProps } from './fields'

export function MoreFields({ form, errors, onChange, config }: FieldsProps & { config: Pick<ServerConfig, 'recordings'> }) {
  return (
    <>
      <TextField label="Description" name="description" value={form.description} error={errors['description']} onChange={(event) => onChange({ description: event.target.value })} />
      <TextField
        label="Labels"
        name="labels"
        placeholder="team=core, ticket=123"
        value={form.labels}
        error={errors['labels']}
        onChange={(event) => onChange({ labels: event.target.value })}
      />
      <TextField
        label="Flags for the agent"
        name="flags"
        mono
        spellCheck={false}
        placeholder="--model sonnet"
        value={form.flags}
        error={errors['flags']}
        hint="As on a command line; quotation marks keep words together."
        onChange={(event) => onChange({ flags: event.target.value })}
      />
      <TextField
        label="Stop when idle (minutes)"
        name="idleTimeoutSeconds"
        inputMode="numeric"
        placeholder="never"
        value={form.idleMinutes}
        error={errors['idleTimeoutSeconds']}
        onChange={(event) => onChange({ idleMinutes: event.target.value.trim() })}
      />
      {config.recordings !== 'off' && (
        <div>
          <Switch
            label="Record terminals"
            hint={RECORDING_HINT[config.recordings]}
            checked={form.recording || config.recordings === 'always'}
            disabled={config.recordings === 'always'}
            onChange={(recording) => onChange({ recording })}
          />
          <ErrorText>{errors['recording']}</ErrorText>
        </div>
      )}
    </>
  )
}
