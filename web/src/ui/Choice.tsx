// One of several things to choose, with a sentence about it: a radio button or a box to tick, as large as its words.
import { classes } from './classes'

interface ChoiceProps {
  type: 'radio' | 'checkbox'
  name: string
  label: string
  hint: string
  checked: boolean
  onChange: () => void
}

export function Choice({ type, name, label, hint, checked, onChange }: ChoiceProps) {
  return (
    <label
      className={classes(
        'grid cursor-pointer grid-cols-[auto_minmax(0,1fr)] gap-x-3 rounded-lg border px-3 py-2 has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-ember',
        checked ? 'border-ember bg-ember-wash' : 'border-line-strong bg-surface hover:border-faint/60',
      )}
    >
      <input type={type} name={name} className="mt-1 accent-ember" checked={checked} onChange={onChange} />
      <span className="text-sm font-medium">{label}</span>
      <span className="col-start-2 text-xs text-faint text-pretty">{hint}</span>
    </label>
  )
}
