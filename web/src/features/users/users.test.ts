import { expect, test } from 'vitest'
import { generatePassword } from './generatePassword'
import { selectUsers, successors } from './selectUsers'
import type { Account } from '../../api/types'

const account = (part: Partial<Account>): Account => ({
  id: part.username ?? 'id', username: 'mira', role: 'member', permissions: [], mayUseHost: false, disabled: false,
  hasPassword: true, createdAt: '2026-01-01T00:00:00Z', lastSeenAt: null, sessions: 0, ...part,
})

test('a generated password is long, readable and never the same', () => {
  const made = Array.from({ length: 50 }, () => generatePassword())
  for (const password of made) expect(password).toMatch(/^(?:[a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}$/)
  expect(new Set(made).size).toBe(50)
})

test('bytes that would favour some letters are thrown away', () => {
  let calls = 0
  const password = generatePassword((bytes) => {
    calls += 1
    return bytes.fill(calls === 1 ? 255 : 0)
  })
  expect(calls).toBe(2)
  expect(password).toBe('aaaa-aaaa-aaaa-aaaa')
})

test('people are found by name and role, those who are disabled last', () => {
  const users = [account({ username: 'zoe', disabled: true }), account({ username: 'Mira', role: 'admin' }), account({ username: 'arne' }), account({ username: 'zed', role: 'viewer' })]
  const names = (text: string): string[] => selectUsers(users, text).map((user) => user.username)
  expect(names('')).toEqual(['arne', 'Mira', 'zed', 'zoe'])
  expect(names('ADMIN')).toEqual(['Mira'])
  expect(names('z')).toEqual(['zed', 'zoe'])
  expect(names('disabled')).toEqual(['zoe'])
})

test('sessions are handed to somebody who can do something with them', () => {
  const leaving = account({ username: 'mira' })
  const users = [leaving, account({ username: 'arne' }), account({ username: 'zed', role: 'viewer' }), account({ username: 'zoe', disabled: true }), account({ username: 'admin', role: 'admin' })]
  expect(successors(users, leaving).map((user) => user.username)).toEqual(['admin', 'arne'])
})
