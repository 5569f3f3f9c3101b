import { expect, test } from 'vitest'
import { safeNext } from './next'
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
