import { expect, test } from 'vitest'
import { makeSession } from '../sessions/makeSession.testing'
import { onlyLooking, peopleWord, sharingOf } from './access'

const owner = { id: 'u1', username: 'mira' }

test('who only looks is told why, and who else owns it', () => {
  expect(onlyLooking(makeSession({ owner, access: 'view' }))).toContain('mira')
  expect(onlyLooking(makeSession({ owner, access: 'drive' }))).toBeNull()
  expect(onlyLooking(makeSession({ owner, access: 'own' }))).toBeNull()
})

test('a session is one’s own, shared by oneself, or somebody else’s', () => {
  expect(sharingOf(makeSession({ owner, access: 'own', shared: 0 }), 'u1')).toEqual({ kind: 'private' })
  expect(sharingOf(makeSession({ owner, access: 'own', shared: 2 }), 'u1')).toEqual({ kind: 'shared', people: 2 })
  expect(sharingOf(makeSession({ owner, access: 'drive', shared: 2 }), 'u2')).toEqual({ kind: 'others', owner: 'mira', access: 'drive' })
  expect([1, 2].map(peopleWord)).toEqual(['1 person', '2 people'])
})
