// OSC 52: a program asks to put text on the person's clipboard. Reading the clipboard is never answered.

/** No program needs to copy more than this many characters. */
const MOST_CHARACTERS = 1024 * 1024

/** The text that the program wants copied; `null` for a question, for nonsense and for too much. */
export function readOsc52(data: string): string | null {
  const separator = data.indexOf(';')
  const payload = data.slice(separator + 1)
  if (separator < 0 || payload === '' || payload === '?' || payload.length > MOST_CHARACTERS) return null
  try {
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0))
    return new TextDecoder().decode(bytes)
  } catch {
    return null
  }
}
