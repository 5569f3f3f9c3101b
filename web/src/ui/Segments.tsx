// A few exclusive choices side by side: a layout, a filter.
import type { ReactNode } from 'react'
import { classes } from './classes'

interface SegmentsProps<T extends string> {
  label: string
  value: T
  choices: readonly { value: T; label: string; icon?: ReactNode; hideLabel?: boolean }[]
  onChange: (value: T) => void
}

export function Segments<T extends string>({ label, value, choices, onChange }: SegmentsProps<T>) {
  return (
    <div role="group" aria-label={label} className="inline-flex rounded-lg border border-line bg-side p-0.5">
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          aria-pressed={choice.value === value}
          aria-label={choice.label}
          title={choice.hideLabel === true ? choice.label : undefined}
          onClick={() => onChange(choice.value)}
          className={classes(
            'inline-flex h-6.5 items-center gap-1.5 rounded-[7px] px-2 text-xs transition-colors coarse:h-8.5 coarse:px-3',
            choice.value === value ? 'bg-surface text-text shadow-card ring-1 ring-line' : 'text-faint hover:text-text',
          )}
        >
          {choice.icon}
          {choice.hideLabel !== true && choice.label}
        </button>
      ))}
    </div>
  )
}
