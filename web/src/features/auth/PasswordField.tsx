// A password field with a button that shows what was typed, and where wanted a hint of its strength.
import { Eye, EyeOff } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from '../../ui/Button'
import { classes } from '../../ui/classes'
import { TextField } from '../../ui/Field'
import { passwordStrength } from './strength'

interface PasswordFieldProps {
  label: string
  name: string
  value: string
  error?: string | undefined
  purpose: 'current' | 'new'
  autoFocus?: boolean
  onChange: (value: string) => void
}

const BARS = ['bg-err', 'bg-err', 'bg-need', 'bg-run', 'bg-run']

export function PasswordField({ label, name, value, error, purpose, autoFocus, onChange }: PasswordFieldProps) {
  const [shown, setShown] = useState(false)
  const strength = passwordStrength(value)
  return (
    <div>
      <TextField
        label={label}
        name={name}
        type={shown ? 'text' : 'password'}
        value={value}
        error={error}
        required
        autoFocus={autoFocus}
        autoComplete={purpose === 'new' ? 'new-password' : 'current-password'}
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
        hint={purpose === 'new' ? strength.hint : undefined}
        end={
          <IconButton label={shown ? 'Hide password' : 'Show password'} aria-pressed={shown} onClick={() => setShown(!shown)}>
            {shown ? <EyeOff size={15} /> : <Eye size={15} />}
          </IconButton>
        }
      />
      {purpose === 'new' && value !== '' && (
        <div aria-hidden="true" className="mt-2 grid grid-cols-4 gap-1">
          {[1, 2, 3, 4].map((step) => (
            <span key={step} className={classes('h-1 rounded-full transition-colors', step <= Math.max(strength.score, 1) ? BARS[strength.score] : 'bg-active')} />
          ))}
        </div>
      )}
    </div>
  )
}
