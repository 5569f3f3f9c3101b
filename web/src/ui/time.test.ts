import { expect, test } from 'vitest'
import { ago, bytes, duration, sinceShort, warmth } from './time'

const now = Date.parse('2026-06-01T12:00:00Z')
const before = (seconds: number): string => new Date(now - seconds * 1000).toISOString()

test('times read as people say them', () => {
  expect([0, 59, 60, 3599, 3600, 86_400, 200_000].map((seconds) => sinceShort(before(seconds), now))).toEqual(['now', '59s', '1m', '59m', '1h', '1d', '2d'])
  expect(ago(before(-100), now)).toBe('just now')
  expect(ago(before(300), now)).toBe('5m ago')
})

test('a session cools as it rests', () => {
  expect([1, 60, 1800, 7200].map((seconds) => warmth(before(seconds), now))).toEqual(['hot', 'warm', 'cool', 'cold'])
  expect(warmth(null, now)).toBe('cold')
})

test('durations and sizes', () => {
  expect([5, 90, 3700, 90_000].map(duration)).toEqual(['5 s', '1 min', '1 h 1 min', '1 d 1 h'])
  expect([0, 999, 1000, 1_234_567, 123_456_789].map(bytes)).toEqual(['0 B', '999 B', '1.0 kB', '1.2 MB', '123 MB'])
})
