import { expect, test } from 'vitest'
import { isLogNews } from './logNews'

test('a log is read anew for its own lines and after a break, and for nothing else', () => {
  expect(isLogNews('a', 'logs.stream', { sessionId: 'a', line: {} })).toBe(true)
  expect(isLogNews('a', 'events.ready', { seq: 7 })).toBe(true)
  expect(isLogNews('a', 'events.reset', { seq: 7 })).toBe(true)
  expect(isLogNews('a', 'logs.stream', { sessionId: 'b', line: {} })).toBe(false)
  expect(isLogNews('a', 'logs.stream', null)).toBe(false)
  expect(isLogNews('a', 'session.updated', { sessionId: 'a' })).toBe(false)
})
