// A labelled form field with its hint and its error, joined for screen readers.
import { useId } from 'react'
import type { InputHTMLAttributes, ReactNode, SelectHTMLAttributes, TextareaHTMLAttributes } from 'react'
import { classes } from './classes'

const CONTROL =
  'w-full rounded-lg border border-line-strong bg-surface px-3 text-sm text-text shadow-card transition-colors ' +
  'hover:border-faint/60 focus:border-ember focus:outline-none focus:ring-3 focus:ring-ember/20 ' +
  'aria-invalid:border-err aria-invalid:focus:ring-err/20 disabled:opacity-60 coarse:text-[16px]'

interface Frame {
  label: string
  hint?: ReactNode
  error?: string | undefined
  /** Stands right of the label. */
  aside?: ReactNode
}

interface Wiring {
  id: string
  'aria-describedby': string
  'aria-invalid': boolean
}

function FieldFrame({ label, hint, error, aside, renderControl }: Frame & { renderControl: (wiring: Wiring) => ReactNode }) {
  const id = useId()
  const noteId = `${id}-note`
  return (
    <div className="min-w-0">
      <div className="mb-1.5 flex items-baseline justify-between gap-2">
        <label htmlFor={id} className="text-xs font-medium text-soft">
          {label}
        </label>
        {aside}
      </div>
      {renderControl({ id, 'aria-describedby': noteId, 'aria-invalid': error !== undefined })}
      <p
        id={noteId}
        role={error === undefined ? undefined : 'alert'}
        className={classes('mt-1.5 text-xs empty:hidden', error === undefined ? 'text-faint' : 'text-err')}
      >
        {error ?? hint}
      </p>
    </div>
  )
}

export type TextFieldProps = Frame & InputHTMLAttributes<HTMLInputElement> & { end?: ReactNode; mono?: boolean }

export function TextField({ label, hint, error, aside, end, mono, className, ...input }: TextFieldProps) {
  return (
    <FieldFrame
      label={label}
      hint={hint}
      error={error}
      aside={aside}
      renderControl={(wiring) => (
        <div className="relative">
          <input
            {...wiring}
            {...input}
            className={classes(CONTROL, 'h-9 coarse:h-11', mono === true && 'font-mono', end !== undefined && 'pr-10', className)}
          />
          {end !== undefined && <div className="absolute inset-y-0 right-1 flex items-center">{end}</div>}
        </div>
      )}
    />
  )
}

export type TextAreaProps = Frame & TextareaHTMLAttributes<HTMLTextAreaElement> & { mono?: boolean }

export function TextArea({ label, hint, error, aside, mono, className, ...area }: TextAreaProps) {
  return (
    <FieldFrame
      label={label}
      hint={hint}
      error={error}
      aside={aside}
      renderControl={(wiring) => (
        <textarea {...wiring} {...area} className={classes(CONTROL, 'min-h-20 resize-y py-2', mono === true && 'font-mono', className)} />
      )}
    />
  )
}

export type SelectFieldProps = Frame & SelectHTMLAttributes<HTMLSelectElement>

export function SelectField({ label, hint, error, aside, className, children, ...select }: SelectFieldProps) {
  return (
    <FieldFrame
      label={label}
      hint={hint}
      error={error}
      aside={aside}
      renderControl={(wiring) => (
        <select {...wiring} {...select} className={classes(CONTROL, 'h-9 coarse:h-11', className)}>
          {children}
        </select>
      )}
    />
  )
}
