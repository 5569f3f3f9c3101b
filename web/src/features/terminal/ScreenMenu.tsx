// The context menu of a terminal's screen.
import * as ContextMenu from '@radix-ui/react-context-menu'
import type { ReactNode } from 'react'
import { MENU_ITEM, MENU_SURFACE } from '../../ui/Menu'
import { copySelection, pasteInto } from './clipboard'
import type { TerminalController } from './controller'

interface ScreenMenuProps {
  controller: TerminalController | null
  onFind: () => void
  children: ReactNode
}

export function ScreenMenu({ controller, onFind, children }: ScreenMenuProps) {
  const items: readonly { label: string; keys?: string; run: () => void }[] = [
    { label: 'Copy', keys: 'Ctrl ⇧ C', run: () => copySelection(controller) },
    { label: 'Paste', keys: 'Ctrl ⇧ V', run: () => void pasteInto(controller) },
    { label: 'Select all', run: () => controller?.selectAll() },
    { label: 'Find', keys: 'Ctrl ⇧ F', run: onFind },
    { label: 'Clear scrollback here', run: () => controller?.clearScrollback() },
  ]
  return (
    <ContextMenu.Root modal={false}>
      <ContextMenu.Trigger asChild>{children}</ContextMenu.Trigger>
      <ContextMenu.Portal>
        <ContextMenu.Content className={MENU_SURFACE}>
          {items.map((item) => (
            <ContextMenu.Item key={item.label} className={MENU_ITEM} onSelect={item.run}>
              <span className="flex-1">{item.label}</span>
              {item.keys !== undefined && <span className="pl-6 text-2xs text-faint">{item.keys}</span>}
            </ContextMenu.Item>
          ))}
        </ContextMenu.Content>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  )
}
