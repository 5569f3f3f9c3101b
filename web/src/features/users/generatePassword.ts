// A password that nobody guesses and everybody can read out: four groups of four, without letters that look alike.

const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'
const GROUPS = 4
const GROUP_LENGTH = 4

/** `random` fills the bytes; a byte that would favour some letters is thrown away. */
export function generatePassword(random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> = (bytes) => crypto.getRandomValues(bytes)): string {
  const fair = 256 - (256 % LETTERS.length)
  let letters = ''
  while (letters.length < GROUPS * GROUP_LENGTH) {
    for (const byte of random(new Uint8Array(32))) {
      if (byte < fair && letters.length < GROUPS * GROUP_LENGTH) letters += LETTERS.charAt(byte % LETTERS.length)
    }
  }
  return Array.from({ length: GROUPS }, (_, group) => letters.slice(group * GROUP_LENGTH, (group + 1) * GROUP_LENGTH)).join('-')
}
