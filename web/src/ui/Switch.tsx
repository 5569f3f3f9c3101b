// Something that is on or off, with what it means beside it.
import { useId } from 'react'
import type { ReactNode } from 'react'
import { classes } from './classes'

interface SwitchProps {
  label: string
  hint?: ReactNode
  checked: boolean
  disabled?: boolean
  onChange: (checked: boolean) => void
}

export function Switch({ label, hint, checked, disabled = false, onChange }: SwitchProps) {
  const id = useId()
  return (
    <div className="flex items-start justify-between gap-6">
      <div className="min-w-0">
        <label id={`${id}-label`} htmlFor={id} className="block text-sm font-medium">
          {label}
        </label>
        {hint !== undefined && (
          <p id={`${id}-hint`} className="mt-0.5 text-xs text-faint text-pretty">
            {hint}
          </p>
        )}
      </div>
      <button
        id={id}
        type="button"
        role="switch"
        aria-checked={checked}
        aria-labelledby={`${id}-label`}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        disabled={disabled}
        onClick={() => onChange(!checked)}
        className={classes(
          'relative mt-0.5 h-5 w-9 shrink-0 rounded-full border transition-colors duration-100 disabled:opacity-50 coarse:h-7 coarse:w-12',
          checked ? 'border-ember bg-ember' : 'border-line-strong bg-active',
        )}
      >
        <span
          className={classes(
            'absolute top-0.5 left-0.5 size-3.5 rounded-full transition-transform duration-100 coarse:size-5.5',
            checked ? 'translate-x-4 bg-on-ember coarse:translate-x-5' : 'bg-faint',
          )}
        />
      </button>
    </div>
  )
}
