import { expect, test } from 'vitest'
import { makeRepository } from './makeRepository.testing'
import { NOTHING_YET, createBody, missing, nameFromUrl } from './newRepository'
import { selectRepositories, standing, trouble } from './standing'

test('a repository is told by branch, changes and distance', () => {
  expect(standing(makeRepository({ ahead: 2, behind: 1, dirty: true }))).toEqual({ branch: 'main', named: true, dirty: true, distance: '2 ahead, 1 behind', old: false })
  expect(standing(makeRepository({ ahead: null, behind: null, branch: null })).branch).toBe('no branch')
  expect(standing(makeRepository({ ahead: 0, behind: 3 })).distance).toBe('3 behind')
})

test('what was heard last is told as such, and nothing is invented before', () => {
  expect(standing(makeRepository({ running: false, sessionStatus: 'stopped' })).old).toBe(true)
  const fresh = makeRepository({ branch: null, dirty: null, ahead: null, behind: null, asOf: null, running: false })
  expect(standing({ ...fresh, sessionStatus: 'starting' })).toEqual({ branch: 'on its way', named: false, dirty: null, distance: '', old: false })
  expect(standing({ ...fresh, sessionStatus: 'error' }).branch).toBe('not there')
  expect(standing({ ...fresh, sessionStatus: 'stopped' }).branch).toBe('not looked at yet')
})

test('a failed clone and a lost repository say why', () => {
  expect(trouble(makeRepository())).toBeNull()
  expect(trouble(makeRepository({ sessionStatus: 'error', sessionStatusReason: 'no such branch' }))).toBe('no such branch')
  expect(trouble(makeRepository({ problem: { code: 'git.no_repository', detail: 'gone' } }))).toBe('gone')
})

test('repositories are found by name, session, address and branch, and stand by name', () => {
  const all = [makeRepository({ id: '1', name: 'b10' }), makeRepository({ id: '2', name: 'b9', branch: 'Trunk' }), makeRepository({ id: '3', name: 'A', gitUrl: null, sessionName: 'else' })]
  const names = (text: string): string[] => selectRepositories(all, text).map((repository) => repository.name)
  expect(names('')).toEqual(['A', 'b9', 'b10'])
  expect(names(' trunk')).toEqual(['b9'])
  expect(names('TEAM/shop')).toEqual(['b9', 'b10'])
  expect(names('else')).toEqual(['A'])
})

test('an address names its repository', () => {
  expect(nameFromUrl('https://git.example.org/team/shop.git')).toBe('shop')
  expect(nameFromUrl('git@git.example.org:shop.js/')).toBe('shop.js')
  expect(nameFromUrl('https://git.example.org/a%20b')).toBe('a-20b')
  expect(nameFromUrl('')).toBe('')
})

test('only what belongs to the source is sent, and nothing empty', () => {
  const form = { ...NOTHING_YET, gitUrl: ' https://h/a/shop.git ', branch: 'dev', sessionId: 's1', path: 'x', port: '9000' }
  expect(createBody(form)).toEqual({ name: 'shop', gitUrl: 'https://h/a/shop.git', branch: 'dev', port: 9000 })
  expect(createBody({ ...form, source: 'empty', name: 'mine', runtime: 'host', port: '' })).toEqual({ name: 'mine', branch: 'dev', runtime: 'host' })
  expect(createBody({ ...form, source: 'session', name: 'mine' })).toEqual({ name: 'mine', sessionId: 's1', path: 'x', port: 9000 })
})

test('what is missing is said before it is sent', () => {
  expect(missing(NOTHING_YET)).toContain('cloned from')
  expect(missing({ ...NOTHING_YET, source: 'session' })).toContain('session')
  expect(missing({ ...NOTHING_YET, source: 'empty' })).toContain('name')
  expect(missing({ ...NOTHING_YET, source: 'empty', name: 'a', port: '80' })).toContain('1024')
  expect(missing({ ...NOTHING_YET, gitUrl: 'https://h/shop' })).toBeNull()
})
