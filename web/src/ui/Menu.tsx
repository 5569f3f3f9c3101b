// A drop-down menu on Radix, in the house's looks.
import * as Radix from '@radix-ui/react-dropdown-menu'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { classes } from './classes'

export const MENU_SURFACE =
  'z-50 min-w-44 rounded-lg border border-line-strong bg-raised p-1 shadow-pop motion-safe:animate-rise'
const MENU_ROW =
  'flex w-full cursor-default select-none items-center gap-2.5 rounded-md px-2.5 text-sm text-text outline-none ' +
  'data-[highlighted]:bg-active data-[disabled]:text-faint data-[disabled]:pointer-events-none'
export const MENU_ITEM = `${MENU_ROW} h-8 coarse:h-10`

interface MenuProps {
  trigger: ReactNode
  children: ReactNode
  align?: 'start' | 'end'
  side?: 'top' | 'bottom' | 'right'
}

export function Menu({ trigger, children, align = 'end', side = 'bottom' }: MenuProps) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content align={align} side={side} sideOffset={6} collisionPadding={8} className={classes(MENU_SURFACE, 'scroll-quiet max-h-(--radix-dropdown-menu-content-available-height) overflow-y-auto')}>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

interface ItemProps {
  icon?: ReactNode
  children: ReactNode
  onSelect: () => void
  tone?: 'usual' | 'danger'
  keys?: string
  disabled?: boolean
  /** Why it cannot be chosen, under its name. */
  reason?: string | null
  /** Leaves the menu open, for what one does several times. */
  keep?: boolean
}

export function MenuItem({ icon, children, onSelect, tone = 'usual', keys, disabled = false, reason = null, keep = false }: ItemProps) {
  return (
    <Radix.Item
      onSelect={(event) => {
        if (keep) event.preventDefault()
        onSelect()
      }}
      disabled={disabled || reason !== null}
      className={classes(reason === null ? MENU_ITEM : `${MENU_ROW} max-w-64 py-1.5`, tone === 'danger' && 'text-err')}
    >
      <span className="grid w-4 place-items-center text-soft">{icon}</span>
      <span className="min-w-0 flex-1">
        <span className="block truncate">{children}</span>
        {reason !== null && <span className="block text-2xs text-pretty text-faint">{reason}</span>}
      </span>
      {keys !== undefined && <span className="pl-4 text-2xs text-faint">{keys}</span>}
    </Radix.Item>
  )
}

interface ChoiceProps {
  value: string
  choices: readonly { value: string; label: ReactNode }[]
  onChange: (value: string) => void
}

export function MenuChoice({ value, choices, onChange }: ChoiceProps) {
  return (
    <Radix.RadioGroup value={value} onValueChange={onChange}>
      {choices.map((choice) => (
        <Radix.RadioItem
          key={choice.value}
          value={choice.value}
          className={MENU_ITEM}
          onSelect={(event) => event.preventDefault()}
        >
          <span className="grid w-4 place-items-center text-ember">
            <Radix.ItemIndicator>
              <Check size={14} />
            </Radix.ItemIndicator>
          </span>
          <span className="flex-1">{choice.label}</span>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  )
}

interface ToggleProps {
  checked: boolean
  children: ReactNode
  onChange: (checked: boolean) => void
}

export function MenuToggle({ checked, children, onChange }: ToggleProps) {
  return (
    <Radix.CheckboxItem
      checked={checked}
      onCheckedChange={onChange}
      onSelect={(event) => event.preventDefault()}
      className={MENU_ITEM}
    >
      <span className="grid w-4 place-items-center text-ember">
        <Radix.ItemIndicator>
          <Check size={14} />
        </Radix.ItemIndicator>
      </span>
      <span className="flex-1">{children}</span>
    </Radix.CheckboxItem>
  )
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2.5 pt-2 pb-1 text-2xs font-medium text-faint">{children}</Radix.Label>
}

export function MenuRule() {
  return <Radix.Separator className="my-1 h-px bg-line" />
}
