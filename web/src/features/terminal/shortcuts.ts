// Which key presses the terminal keeps for itself and which belong to the page. Everything not named here is the
// program's: Ctrl+K, Ctrl+C and the like go through untouched.

export type Shortcut = 'copy' | 'paste' | 'find' | 'larger' | 'smaller' | 'usualSize' | 'leave' | 'palette' | 'fullScreen'

export interface KeyPress {
  key: string
  ctrlKey: boolean
  shiftKey: boolean
  altKey: boolean
  metaKey: boolean
}

const WITH_CTRL_SHIFT: Record<string, Shortcut> = {
  c: 'copy',
  v: 'paste',
  f: 'find',
  k: 'palette',
  l: 'leave',
  escape: 'leave',
  enter: 'fullScreen',
}

const WITH_COMMAND: Record<string, Shortcut> = { f: 'find', k: 'palette', '=': 'larger', '+': 'larger', '-': 'smaller', '0': 'usualSize' }

export function shortcutOf(press: KeyPress): Shortcut | null {
  const key = press.key.toLowerCase()
  if (press.altKey) return null
  if (press.metaKey) return press.ctrlKey ? null : (WITH_COMMAND[key] ?? null)
  if (!press.ctrlKey) return null
  if (press.shiftKey && key in WITH_CTRL_SHIFT) return WITH_CTRL_SHIFT[key] ?? null
  if (key === '=' || key === '+') return 'larger'
  // Ctrl+_ (with Shift) is undo in many programs, so only the unshifted key makes letters smaller.
  if (key === '-' && !press.shiftKey) return 'smaller'
  return key === '0' ? 'usualSize' : null
}
