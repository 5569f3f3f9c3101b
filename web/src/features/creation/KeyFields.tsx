// With which SSH key a session's git logs in: one that is kept, or one of its own.
import { useQuery } from '@tanstack/react-query'
import { sshKeysQuery } from '../../api/people'
import { SelectField, TextArea, TextField } from '../../ui/Field'
import type { FieldsProps } from './fields'

const HINTS: Partial<Record<string, string>> = {
  '': 'For public repositories over https.',
  made: 'The first attempt ends at the closed door and shows the public half: give that to the repository’s host, and try again.',
  pasted: 'It is this session’s alone, and goes with it.',
}

export function KeyFields({ form, errors, onChange }: FieldsProps) {
  const { data: keys } = useQuery(sshKeysQuery)
  const choose = (sshKey: string): void => onChange({ sshKey, sshKeyText: '', sshKeyPassphrase: '' })
  return (
    <>
      <SelectField
        label="SSH key"
        name="sshKeyChoice"
        value={form.sshKey}
        error={errors['sshKeyId'] ?? errors['generateSshKey'] ?? (form.sshKey === 'pasted' ? undefined : errors['sshKey'])}
        hint={HINTS[form.sshKey] ?? 'It stays with the server, and signs for the repository’s host alone.'}
        onChange={(event) => choose(event.target.value)}
      >
        <option value="">None</option>
        {keys?.map((key) => (
          <option key={key.id} value={key.id}>
            {key.name}
          </option>
        ))}
        <option value="made">A new one for this session</option>
        <option value="pasted">One that I paste</option>
      </SelectField>
      {form.sshKey === 'pasted' && (
        <>
          <TextArea
            label="Private key"
            name="sshKey"
            mono
            rows={4}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            placeholder="-----BEGIN OPENSSH PRIVATE KEY-----"
            className="text-xs"
            value={form.sshKeyText}
            error={errors['sshKey']}
            onChange={(event) => onChange({ sshKeyText: event.target.value })}
          />
          <TextField
            label="Its passphrase, if it has one"
            name="sshKeyPassphrase"
            type="password"
            autoComplete="off"
            value={form.sshKeyPassphrase}
            error={errors['sshKeyPassphrase']}
            onChange={(event) => onChange({ sshKeyPassphrase: event.target.value })}
          />
        </>
      )}
    </>
  )
}
