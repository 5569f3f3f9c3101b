// One of several things to choose, with a sentence about it: a radio button or a box to tick, as large as its words.
import { classes } from './classes'

interface ChoiceProps {
  type: 'radio' | 'checkbox'
  name: string
  label: string
  hint: string
  checked: boolean
  /** Why not, says the hint. */
  disabled?: boolean
  onChange: () => void
}

export function Choice({ type, name, label, hint, checked, disabled = false, onChange }: ChoiceProps) {
  return (
    <label
      className={classes(
        'grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 rounded-lg border px-3 py-2 has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-ember',
        disabled ? 'border-line bg-side' : 'cursor-pointer',
        !disabled && (checked ? 'border-ember bg-ember-wash' : 'border-line-strong bg-surface hover:border-faint/60'),
      )}
    >
      <input type={type} name={name} className="mt-1 accent-ember" checked={checked} disabled={disabled} onChange={onChange} />
      <span className={classes('text-sm font-medium', disabled && 'text-faint')}>{label}</span>
      <span className="col-start-2 text-xs text-faint text-pretty">{hint}</span>
    </label>
  )
}
