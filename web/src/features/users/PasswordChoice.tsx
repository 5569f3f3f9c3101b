// A password for somebody else: one that this page thinks of, or one that is typed.
import { RefreshCw } from 'lucide-react'
import { IconButton } from '../../ui/Button'
import { TextField } from '../../ui/Field'
import { Segments } from '../../ui/Segments'
import { PasswordField } from '../auth/PasswordField'
import { generatePassword } from './generatePassword'

export interface ChosenPassword {
  kind: 'generated' | 'typed'
  text: string
}

export const newPassword = (): ChosenPassword => ({ kind: 'generated', text: generatePassword() })

interface PasswordChoiceProps {
  value: ChosenPassword
  error?: string | undefined
  onChange: (value: ChosenPassword) => void
}

export function PasswordChoice({ value, error, onChange }: PasswordChoiceProps) {
  return (
    <div className="space-y-3">
      <Segments
        label="Kind of password"
        value={value.kind}
        onChange={(kind) => onChange(kind === 'generated' ? newPassword() : { kind, text: '' })}
        choices={[
          { value: 'generated', label: 'Generated password' },
          { value: 'typed', label: 'Type one' },
        ]}
      />
      {value.kind === 'typed' ? (
        <PasswordField label="Password" name="new-password" purpose="new" value={value.text} error={error} onChange={(text) => onChange({ kind: 'typed', text })} />
      ) : (
        <TextField
          label="Password"
          name="generated-password"
          mono
          readOnly
          autoComplete="off"
          value={value.text}
          error={error}
          hint="It is shown once more when it is set."
          onFocus={(event) => event.currentTarget.select()}
          end={
            <IconButton label="Think of another one" onClick={() => onChange(newPassword())}>
              <RefreshCw size={14} />
            </IconButton>
          }
        />
      )}
    </div>
  )
}
