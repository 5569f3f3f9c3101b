import { expect, test } from 'vitest'
import { loginErrorWords } from './errorWords'
import { providerUrl, safeNext } from './next'
import { passwordStrength } from './strength'

test('login leads only to pages of this server', () => {
  expect(safeNext('/sessions/x?view=tabs#a')).toBe('/sessions/x?view=tabs#a')
  const astray = ['//evil.example', '/\\evil.example', '/\t/evil.example', 'https://evil.example', 'javascript:alert(1)', '', null, 7, '/login?next=/x', 'x']
  expect(astray.map(safeNext)).toEqual(astray.map(() => '/'))
})

test('a password is judged by length before anything else', () => {
  expect(passwordStrength('').score).toBe(0)
  expect(passwordStrength('aB3$').score).toBe(0)
  expect(passwordStrength('password1234').score).toBe(1)
  expect(passwordStrength('aaaaaaaaaaaaaaaa').score).toBe(1)
  expect(passwordStrength('correct horse battery staple').score).toBe(4)
})

test('a login by way of a provider comes back to where one wanted to go, and nowhere else', () => {
  expect(providerUrl('/api/auth/oidc/forge/login', '/sessions/x?view=tabs')).toBe('/api/auth/oidc/forge/login?next=%2Fsessions%2Fx%3Fview%3Dtabs')
  expect(providerUrl('/api/auth/oidc/forge/login', undefined)).toBe('/api/auth/oidc/forge/login')
  expect(providerUrl('/api/auth/oidc/forge/login', '//evil.example')).toBe('/api/auth/oidc/forge/login')
})

test('a code in the address becomes a sentence, whatever it is', () => {
  expect(loginErrorWords('auth.disabled')).toContain('disabled')
  expect(loginErrorWords('auth.oidc_not_allowed')).toContain('none of your groups')
  expect(loginErrorWords('<b>made up</b>')).toBe(loginErrorWords('something.else'))
})
