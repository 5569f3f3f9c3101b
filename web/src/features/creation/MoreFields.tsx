// The rest of the creation form: most sessions need none of it.
import { TextField } from '../../ui/Field'
import type { FieldsProps } from './fields'

export function MoreFields({ form, errors, onChange }: FieldsProps) {
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
    </>
  )
}
