// The keys of the touch bar, and what they send. Phones' keyboards have no Esc, Ctrl or arrows.

export type TouchKey =
  | 'Escape' | 'Tab' | 'ShiftTab' | 'Up' | 'Down' | 'Left' | 'Right' | 'PageUp' | 'PageDown' | 'Home' | 'End'

export interface Modifiers {
  ctrl: boolean
  alt: boolean
}

const ARROWS: Partial<Record<TouchKey, string>> = { Up: 'A', Down: 'B', Right: 'C', Left: 'D', Home: 'H', End: 'F' }

/** The bytes of a key. Arrows depend on whether the program asked for application cursor keys (DECCKM). */
export function keySequence(key: TouchKey, cursor: 'normal' | 'application', modifiers: Modifiers): string {
  const letter = ARROWS[key]
  if (letter !== undefined) {
    const modifier = 1 + (modifiers.alt ? 2 : 0) + (modifiers.ctrl ? 4 : 0)
    if (modifier > 1) return `\u001b[1;${modifier}${letter}`
    return cursor === 'application' ? `\u001bO${letter}` : `\u001b[${letter}`
  }
  const plain: Partial<Record<TouchKey, string>> = {
    Escape: '\u001b',
    Tab: '\t',
    ShiftTab: '\u001b[Z',
    PageUp: '\u001b[5~',
    PageDown: '\u001b[6~',
  }

  return `${modifiers.alt ? '\u001b' : ''}${plain[key] ?? ''}`
}

/** Text typed on a soft keyboard while Ctrl or Alt is held on the touch bar. */
export function withModifiers(text: string, modifiers: Modifiers): string {
  const [first = ''] = text
  const rest = text.slice(first.length)
  const controlled = modifiers.ctrl ? (controlCode(first) ?? first) : first
  return `${modifiers.alt ? '\u001b' : ''}${controlled}${rest}`
}

function controlCode(character: string): string | null {
  const upper = character.toUpperCase()
  if (/^[@A-Z[\\\]^_]$/.test(upper)) return String.fromCharCode(upper.charCodeAt(0) & 0x1f)
  if (character === ' ') return '\u0000'
  return character === '?' ? '\u007f' : null
}
