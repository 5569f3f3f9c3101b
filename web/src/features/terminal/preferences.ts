// How this person likes terminals in this browser: theme, letters, habits. Kept in localStorage; no secret, no server data.
import { isRecord, numberOf, parseJson, stringOf } from '../../api/json'
import { AUTO_THEME, themes } from './themes'

export interface TerminalPreferences {
  theme: string
  /** CSS pixels. */
  fontSize: number
  renderer: 'auto' | 'dom'
  copyOnSelect: boolean
  /** Ask before pasting several lines into a program that would run each at once. */
  confirmPaste: boolean
  screenReader: boolean
  /** Show what is typed before its echo comes, where the echo is slow. */
  predictEcho: boolean
}

export const FONT_SIZES = { smallest: 8, largest: 28, usual: 13 }

export const defaults: TerminalPreferences = {
  theme: AUTO_THEME,
  fontSize: FONT_SIZES.usual,
  renderer: 'auto',
  copyOnSelect: false,
  confirmPaste: true,
  screenReader: false,
  predictEcho: true,
}

const KEY = 'longhouse.terminal'
const listeners = new Set<() => void>()
let current = load()

export function terminalPreferences(): TerminalPreferences {
  return current
}

export function onTerminalPreferences(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function changeTerminalPreferences(change: Partial<TerminalPreferences>): void {
  current = readPreferences({ ...current, ...change })
  try {
    localStorage.setItem(KEY, JSON.stringify(current))
  } catch {
    // A full or refused storage loses the preference at the next visit, nothing more.
  }
  for (const listener of listeners) listener()
}

/** Whatever was stored, brought into range: an older version or a curious person may have written it. */
export function readPreferences(value: unknown): TerminalPreferences {
  if (!isRecord(value)) return defaults
  const theme = stringOf(value['theme']) ?? AUTO_THEME
  const size = numberOf(value['fontSize']) ?? FONT_SIZES.usual
  return {
    theme: themes.some((known) => known.id === theme) ? theme : AUTO_THEME,
    fontSize: Math.min(FONT_SIZES.largest, Math.max(FONT_SIZES.smallest, Math.round(size))),
    renderer: value['renderer'] === 'dom' ? 'dom' : 'auto',
    copyOnSelect: value['copyOnSelect'] === true,
    confirmPaste: value['confirmPaste'] !== false,
    screenReader: value['screenReader'] === true,
    predictEcho: value['predictEcho'] !== false,
  }
}

function load(): TerminalPreferences {
  try {
    return readPreferences(parseJson(localStorage.getItem(KEY) ?? ''))
  } catch {
    return defaults
  }
}
