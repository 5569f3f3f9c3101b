import { expect, test } from 'vitest'
import { WholeCharacters, unfinished } from './characters'

const TEXT = 'a – “b” … • é 日本 👩‍💻 \u{10ffff}z'

test('whatever the cuts, each piece is whole and nothing is lost', () => {
  const bytes = new TextEncoder().encode(TEXT)
  for (let first = 0; first <= bytes.length; first++) {
    for (let second = first; second <= bytes.length; second++) {
      const characters = new WholeCharacters()
      const pieces = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)]
      // A decoder that takes nothing unfinished, and starts anew with each piece.
      const shown = pieces.map((piece) => new TextDecoder('utf-8', { fatal: true }).decode(characters.take(piece)))
      expect(shown.join('')).toBe(TEXT)
    }
  }
})

test('what never becomes a character is not waited for', () => {
  for (const bytes of [[0x80], [0xc1], [0xff], [0xf5, 0x80], [0xe2, 0x41], [0x80, 0x80, 0x80, 0x80]]) {
    expect(unfinished(Uint8Array.from(bytes))).toBe(0)
  }
  expect(unfinished(Uint8Array.from([0x41, 0xe2, 0x80]))).toBe(2)
})

test('what is kept of one stream is no part of the next', () => {
  const characters = new WholeCharacters()
  expect(characters.take(Uint8Array.from([0xe2, 0x80]))).toHaveLength(0)
  characters.forget()
  expect(characters.take(Uint8Array.from([0x41]))).toEqual(Uint8Array.from([0x41]))
})
