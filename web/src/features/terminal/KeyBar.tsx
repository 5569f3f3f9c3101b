// The keys that phones lack, in a bar under the terminal.
import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp, ClipboardPaste } from 'lucide-react'
import type { ReactNode } from 'react'
import { classes } from '../../ui/classes'
import { toast } from '../../ui/toast'
import type { TerminalController, TerminalView } from './controller'
import { keySequence } from './keys'
import type { TouchKey } from './keys'

interface KeyBarProps {
  controller: TerminalController
  modifiers: TerminalView['modifiers']
}

const KEYS: readonly { key: TouchKey; label: string; face: ReactNode }[] = [
  { key: 'Escape', label: 'Escape', face: 'Esc' },
  { key: 'Tab', label: 'Tab', face: 'Tab' },
  { key: 'ShiftTab', label: 'Shift+Tab', face: '⇧Tab' },
]
const ARROWS: readonly { key: TouchKey; label: string; face: ReactNode }[] = [
  { key: 'Up', label: 'Up', face: <ArrowUp size={16} /> },
  { key: 'Down', label: 'Down', face: <ArrowDown size={16} /> },
  { key: 'Left', label: 'Left', face: <ArrowLeft size={16} /> },
  { key: 'Right', label: 'Right', face: <ArrowRight size={16} /> },
]
const PAGES: readonly { key: TouchKey; label: string; face: ReactNode }[] = [
  { key: 'PageUp', label: 'Page up', face: 'PgUp' },
  { key: 'PageDown', label: 'Page down', face: 'PgDn' },
]

export function KeyBar({ controller, modifiers }: KeyBarProps) {
  const press = (key: TouchKey): void => {
    controller.send(keySequence(key, controller.cursorKeys(), modifiers))
    if (modifiers.ctrl || modifiers.alt) controller.hold({ ctrl: false, alt: false })
  }
  const paste = async (): Promise<void> => {
    try {
      controller.paste(await navigator.clipboard.readText())
    } catch {
      toast('The browser did not allow reading the clipboard.', 'error')
    }
  }
  const keys = (list: typeof KEYS): ReactNode =>
    list.map(({ key, label, face }) => (
      <Key key={key} label={label} onPress={() => press(key)}>
        {face}
      </Key>
    ))
  return (
    <div
      role="toolbar"
      aria-label="Terminal keys"
      className="scroll-quiet flex shrink-0 gap-1 overflow-x-auto border-t border-line bg-side px-1.5 py-1.5 [scrollbar-width:none]"
    >
      {keys(KEYS)}
      <Key label="Ctrl" pressed={modifiers.ctrl} onPress={() => controller.hold({ ...modifiers, ctrl: !modifiers.ctrl })}>
        Ctrl
      </Key>
      <Key label="Alt" pressed={modifiers.alt} onPress={() => controller.hold({ ...modifiers, alt: !modifiers.alt })}>
        Alt
      </Key>
      {keys(ARROWS)}
      {['|', '~', '/', '-'].map((character) => (
        <Key key={character} label={character} onPress={() => controller.send(character)}>
          {character}
        </Key>
      ))}
      {keys(PAGES)}
      <Key label="Paste" onPress={() => void paste()}>
        <ClipboardPaste size={16} />
      </Key>
    </div>
  )
}

interface KeyProps {
  label: string
  pressed?: boolean
  onPress: () => void
  children: ReactNode
}

function Key({ label, pressed, onPress, children }: KeyProps) {
  return (
    <button
      type="button"
      aria-label={label}
      aria-pressed={pressed}
      // The terminal keeps the focus, else the soft keyboard closes at every press.
      onPointerDown={(event) => event.preventDefault()}
      onClick={onPress}
      className={classes(
        'grid h-10 min-w-10 shrink-0 place-items-center rounded-md border px-2 font-mono text-xs select-none active:bg-active',
        pressed === true ? 'border-ember bg-ember-wash text-ember' : 'border-line bg-surface text-soft',
      )}
    >
      {children}
    </button>
  )
}
