// Where a character is cut between two pieces of output.
//
// xterm.js loses a character of which a write ends after a byte 0x80 (its decoder takes the six bits of zero in it for the end of what it kept):
// dashes, curly quotes and ellipses begin so. What is cut therefore waits for the next piece.

const NOTHING = new Uint8Array(0)

/** How many bytes the character has that begins with this one; 0 where none begins so. */
function lengthFrom(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2
  if (lead >= 0xe0 && lead <= 0xef) return 3
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0
}

/** How many bytes at the end are the beginning of a character. */
export function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]
    if (byte === undefined || byte < 0x80) return 0
    if (byte >= 0xc0) return lengthFrom(byte) > back ? back : 0
  }
  return 0
}

/** Hands bytes on by whole characters. */
export class WholeCharacters {
  #kept = NOTHING

  /** What of the kept and these bytes is whole. */
  take(bytes: Uint8Array): Uint8Array {
    let all = bytes
    if (this.#kept.length > 0) {
      all = new Uint8Array(this.#kept.length + bytes.length)
      all.set(this.#kept)
      all.set(bytes, this.#kept.length)
    }
    const whole = all.length - unfinished(all)
    this.#kept = all.slice(whole)
    return all.subarray(0, whole)
  }

  /** What is kept belongs to nothing that comes. */
  forget(): void {
    this.#kept = NOTHING
  }
}
