import { expect, test } from 'vitest'
import { matches } from './matches'

test('words may stand anywhere, letters in their order', () => {
  expect(matches('rowan-forge Claude Code', 'claude row')).toBe(true)
  expect(matches('rowan-forge', 'rfg')).toBe(true)
  expect(matches('rowan-forge', 'gfr')).toBe(false)
  expect(matches('anything', '')).toBe(true)
})
