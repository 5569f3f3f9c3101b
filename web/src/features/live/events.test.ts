import { describe, expect, test } from 'vitest'
import type { Session } from '../../api/types'
import { makeSession } from '../sessions/makeSession.testing'
import { applyToList, applyToSession, isNewPort, needsRefetch, readEvent, readSeq } from './events'
import type { LiveEvent } from './events'

const one = makeSession({ id: 'a', name: 'one', status: 'starting' })
const two = makeSession({ id: 'b', name: 'two' })

function event(name: string, payload: unknown): LiveEvent {
  const read = readEvent(name, payload)
  if (read === null) throw new Error(`${name} was not understood`)
  return read
}

test('ports come and go with their events, each once and in order', () => {
  const opened = (container: number, process: string) =>
    event('session.port.opened', { id: 'b', seq: 1, port: { container, host: null, url: null, process } })
  const first = applyToSession(two, opened(8080, 'python3'))
  const second = applyToSession(applyToSession(first, opened(3000, 'node')), opened(8080, 'ruby'))
  expect(second.ports.map((port) => [port.container, port.process])).toEqual([
    [3000, 'node'],
    [8080, 'ruby'],
  ])
  expect(isNewPort(first, opened(3000, 'node'))).toBe(true)
  expect(isNewPort(second, opened(3000, 'deno'))).toBe(false)
  expect(isNewPort(one, opened(3000, 'node'))).toBe(false)
  const closed = event('session.port.closed', { id: 'b', seq: 2, container: 8080 })
  expect(applyToSession(second, closed).ports.map((port) => port.container)).toEqual([3000])
  expect(applyToSession(one, closed)).toBe(one)
  expect(readEvent('session.port.opened', { id: 'b', port: { process: 'x' } })).toBeNull()
})

test('a published port stays when nobody listens there any more', () => {
  const published = { container: 80, host: 20080, url: null, process: 'node', published: true, address: '127.0.0.1:20080' }
  const open = applyToSession(two, event('session.port.opened', { id: 'b', seq: 1, port: published }))
  const closed = applyToSession(open, event('session.port.closed', { id: 'b', seq: 2, container: 80 }))
  expect(closed.ports).toEqual([{ ...published, process: null, listening: false }])
  expect(isNewPort(closed, event('session.port.opened', { id: 'b', seq: 3, port: published }))).toBe(true)
})

test('a changed status reaches the list and the session, and leaves the others alone', () => {
  const change = event('session.status.changed', { id: 'a', from: 'starting', to: 'error', reason: 'no such program', seq: 7 })
  const list = applyToList([one, two], change)
  expect(list[0]).toMatchObject({ status: 'error', statusReason: 'no such program' })
  expect(list[1]).toBe(two)
  // What is allowed now only the server knows.
  expect(needsRefetch(change)).toBe(true)
})

test('an event about others changes nothing, so that nothing is drawn again', () => {
  const change = event('session.status.changed', { id: 'zzz', from: 'starting', to: 'running' })
  const list = [one, two]
  expect(applyToList(list, change)).toBe(list)
  expect(applyToSession(one, change)).toBe(one)
})

test('created puts the session in front, once', () => {
  const created = event('session.created', { ...makeSession({ id: 'c', name: 'three' }), seq: 8 })
  const list = applyToList([one, two], created)
  expect(list.map((session) => session.id)).toEqual(['c', 'a', 'b'])
  expect(applyToList(list, created).map((session) => session.id)).toEqual(['c', 'a', 'b'])
})

test('a created session that is told in part waits for the server’s word', () => {
  const created = event('session.created', { id: 'c', name: 'three', status: 'starting' })
  expect(applyToList([one], created)).toEqual([one])
  expect(needsRefetch(created)).toBe(true)
})

test('an update changes what it carries and keeps the rest', () => {
  const update = event('session.updated', { id: 'b', name: 'renamed', updatedAt: '2030-01-01T00:00:00Z' })
  expect(applyToSession(two, update)).toMatchObject({ name: 'renamed', workdir: two.workdir, allowedActions: two.allowedActions })
})

test('an update that is older than what we know is not taken', () => {
  const fresh: Session = { ...two, updatedAt: '2030-01-01T00:00:00Z' }
  expect(applyToSession(fresh, event('session.updated', { ...two, name: 'old name' }))).toBe(fresh)
})

test('deleted removes the session', () => {
  expect(applyToList([one, two], event('session.deleted', { id: 'a' }))).toEqual([two])
})

test('progress and agent state are read', () => {
  expect(event('session.progress', { id: 'a', stage: 'clone', percent: 40, detail: 'objects' })).toEqual({
    type: 'progress',
    id: 'a',
    progress: { stage: 'clone', percent: 40, detail: 'objects' },
  })
  const state = event('agent.state', { sessionId: 'b', state: 'needsInput' })
  expect(applyToSession(two, state).agentState).toBe('needsInput')
})

describe('what makes no sense', () => {
  test.each<[string, unknown]>([
    ['session.created', null],
    ['session.created', { name: 'no id' }],
    ['session.updated', { id: 'a', status: 'melting' }],
    ['session.status.changed', { id: 'a', to: 'melting' }],
    ['session.progress', { id: 'a', stage: 'dancing' }],
    ['session.deleted', 'a'],
    ['something.else', { id: 'a' }],
  ])('%s %j is passed over', (name, payload) => {
    expect(readEvent(name, payload)).toBeNull()
  })
})

test('seq is read where it is a position', () => {
  expect([{ seq: 12 }, { seq: -1 }, { seq: '12' }, {}, null, { seq: 1.5 }].map(readSeq)).toEqual([12, null, null, null, null, null])
})

test('what happens in a repository is told, and what must not be overlooked in words', () => {
  expect(event('git.commit', { seq: 1, sessionId: 'a', commit: {} })).toEqual({ type: 'git', id: 'a', alarm: null })
  const files = ['.env', 'key.pem', 'c', 'd', 'e'].map((path) => ({ path, reason: 'looks like a secret' }))
  expect(event('git.refused', { sessionId: 'a', files })).toEqual({ type: 'git', id: 'a', alarm: 'Not committed by itself: .env, key.pem, c and 2 more' })
  expect(event('git.hostKey', { sessionId: 'a', host: '[git.example.org]:2222', shown: 'SHA256:b', known: 'SHA256:a' })).toMatchObject({ alarm: expect.stringContaining('[git.example.org]:2222 showed another SSH key') })
  expect(event('git.conflict', { sessionId: 'a', path: '', files: ['x'] })).toMatchObject({ alarm: 'Changes that do not go together: x' })
  expect(event('git.conflict', { sessionId: 'a', path: 'b/c', files: ['x'] })).toMatchObject({ alarm: 'Changes that do not go together in b/c: x' })
})
