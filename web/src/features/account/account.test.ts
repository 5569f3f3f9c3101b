import { describe, expect, test } from 'vitest'
import { clientName, isHandheld } from './clientName'
import { lifetime, offeredScopes } from './scopes'

describe('programs that are signed in', () => {
  test.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox on Linux'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0', 'Edge on Windows'],
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0 Safari/537.36', 'Chrome on Linux'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1', 'Safari on iPhone'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15', 'Safari on macOS'],
    ['curl/8.5.0', 'curl/8.5.0'],
    ['  ', 'Unknown program'],
  ])('%s', (agent, name) => {
    expect(clientName(agent)).toBe(name)
  })

  test('an endless name is cut, and a phone is known', () => {
    expect(clientName('x'.repeat(500)).length).toBeLessThan(80)
    expect(isHandheld('Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile')).toBe(true)
    expect(isHandheld('Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0')).toBe(false)
  })
})

test('a token is offered no more than its owner may do', () => {
  const names = (role: Parameters<typeof offeredScopes>[0]): string[] => offeredScopes(role).map((scope) => scope.value)
  expect(names('admin')).toContain('admin')
  expect(names('member')).toEqual(['sessions:read', 'sessions:write', 'files:read', 'files:write'])
  expect(names('viewer')).toEqual(['sessions:read', 'files:read'])
})

test('a token that ends soon is told from one that has ended', () => {
  const now = Date.parse('2026-06-01T12:00:00Z')
  expect(lifetime(null, now)).toEqual({ kind: 'unlimited' })
  expect(lifetime('2026-06-01T12:00:00Z', now)).toEqual({ kind: 'ended' })
  expect(lifetime('2026-06-02T13:00:00Z', now)).toEqual({ kind: 'soon', days: 2 })
  expect(lifetime('2026-08-30T12:00:00Z', now)).toEqual({ kind: 'later', days: 90 })
})
