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
    'disabled:opacity-50 disabled:pointer-events-none',
    LOOKS[look],
    SIZES[size],
  )
}

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: ButtonLook
  size?: ButtonSize
}

export function Button({ look, size, className, type = 'button', ...rest }: ButtonProps) {
  return <button type={type} className={classes(buttonClass(look, size), className)} {...rest} />
}

export interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** What it does, for everybody who does not see the icon. */
  label: string
  look?: ButtonLook
}

export function IconButton({ label, look = 'quiet', className, type = 'button', ...rest }: IconButtonProps) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={classes(
        'inline-grid size-7 shrink-0 place-items-center rounded-md transition-colors duration-100 coarse:size-9',
        'disabled:opacity-40 disabled:pointer-events-none',
        LOOKS[look],
        className,
      )}
      {...rest}
    />
  )
}
