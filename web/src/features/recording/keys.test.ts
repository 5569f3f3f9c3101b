import { expect, test } from 'vitest'
import { replayCommand } from './keys'
import { readReplaySearch } from './replaySearch'

const press = (key: string, held: Partial<Record<'ctrlKey' | 'shiftKey' | 'altKey' | 'metaKey', boolean>> = {}) =>
  replayCommand({ key, ctrlKey: false, shiftKey: false, altKey: false, metaKey: false, ...held })

test('a replay has the keys that players have', () => {
  expect([' ', 'ArrowLeft', 'ArrowRight', 'Home', 'End'].map((key) => press(key))).toEqual(['toggle', 'back', 'on', 'begin', 'end'])
  expect(press('>', { shiftKey: true })).toBe('faster')
})

test('and leaves the browser and the rest of the page theirs', () => {
  expect(press('f', { ctrlKey: true })).toBeNull()
  expect(press('ArrowLeft', { altKey: true })).toBeNull()
  expect(press(' ', { metaKey: true })).toBeNull()
  // The names of things that every object has are no commands.
  expect(['c', 'g', '?', 'toString', 'constructor'].map((key) => press(key))).toEqual([null, null, null, null, null])
})

test('the moment in an address is a time that can be', () => {
  expect(readReplaySearch({ at: 12.5 })).toEqual({ at: 12.5 })
  expect(readReplaySearch({ at: 0 })).toEqual({ at: 0 })
  expect(['', {}, -1, 'soon', Infinity, undefined, null].map((at) => readReplaySearch({ at }).at)).toEqual(Array.from({ length: 7 }, () => undefined))
})
