// Buttons, and links that look like them.
import type { ButtonHTMLAttributes } from 'react'
import { classes } from './classes'

export type ButtonLook = 'primary' | 'plain' | 'quiet' | 'danger'
export type ButtonSize = 'small' | 'medium'

const LOOKS: Record<ButtonLook, string> = {
  primary: 'bg-ember text-on-ember font-medium hover:bg-ember-strong shadow-card',
  plain: 'bg-surface border border-line-strong text-text hover:bg-raised hover:border-faint/60 shadow-card',
  quiet: 'text-soft hover:text-text hover:bg-hover',
  danger: 'border border-err/40 text-err hover:bg-err-wash',
}

const SIZES: Record<ButtonSize, string> = {
  small: 'h-7 px-2.5 text-xs gap-1.5 rounded-md coarse:h-9',
  medium: 'h-8.5 px-3.5 text-sm gap-2 rounded-lg coarse:h-10',
}

export function buttonClass(look: ButtonLook = 'plain', size: ButtonSize = 'medium'): string {
  return classes(
    'inline-flex shrink-0 items-center justify-center whitespace-nowrap select-none transition-colors duration-100',
    'disabled:opacity-50 disabled:pointer-events-none aria-disabled:opacity-50 aria-disabled:cursor-not-allowed',
    LOOKS[look],
    SIZES[size],
  )
}

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: ButtonLook
  size?: ButtonSize
  /** Why it cannot be pressed. Unlike a disabled button it can be reached, so that the reason can be read. */
  reason?: string | null
}

export function Button({ look, size, reason = null, className, type = 'button', onClick, ...rest }: ButtonProps) {
  return <button type={type} className={classes(buttonClass(look, size), className)} {...rest} {...barred(reason, onClick)} />
}

function barred(reason: string | null, onClick: ButtonProps['onClick']): Pick<ButtonProps, 'aria-disabled' | 'title' | 'onClick'> {
  return reason === null ? { onClick } : { 'aria-disabled': true, title: reason }
}

export interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** What it does, for everybody who does not see the icon. */
  label: string
  look?: ButtonLook
  reason?: string | null
}

export function IconButton({ label, look = 'quiet', reason = null, className, type = 'button', onClick, ...rest }: IconButtonProps) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={classes(
        'inline-grid size-7 shrink-0 place-items-center rounded-md transition-colors duration-100 coarse:size-9',
        'disabled:opacity-40 disabled:pointer-events-none aria-disabled:opacity-40 aria-disabled:cursor-not-allowed',
        LOOKS[look],
        className,
      )}
      {...rest}
      {...barred(reason, onClick)}
    />
  )
}
