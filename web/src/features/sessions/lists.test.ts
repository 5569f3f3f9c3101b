// Filtering, sorting and naming sessions, and what of it stands in the URL.
import { describe, expect, test } from 'vitest'
import { countByStatus, ownersOf, readDashboardSearch, selectSessions } from './filters'
import { makeSession } from './makeSession.testing'
import { readSessionSearch } from './sessionSearch'
import { suggestName } from '../creation/suggestName'

const sessions = [
  makeSession({ id: '1', name: 'beta 10', status: 'stopped', lastActivityAt: '2026-01-02T00:00:00Z' }),
  makeSession({ id: '2', name: 'beta 9', status: 'error', agent: 'codex', owner: { id: 'u2', username: 'arne' }, createdAt: '2026-02-01T00:00:00Z' }),
  makeSession({ id: '3', name: 'Alpha', labels: { team: 'Core' }, lastActivityAt: '2026-01-03T00:00:00Z' }),
]
const ids = (search: Parameters<typeof selectSessions>[1]): string[] => selectSessions(sessions, search).map((session) => session.id)

describe('the dashboard', () => {
  test('sorts by what moved last unless asked otherwise, and names as people count', () => {
    expect(ids({})).toEqual(['2', '3', '1'])
    expect(ids({ sort: 'name' })).toEqual(['3', '2', '1'])
    expect(ids({ sort: 'status' })).toEqual(['2', '3', '1'])
    expect(ids({ sort: 'created' })).toEqual(['2', '3', '1'])
  })

  test('filters by status, agent and every word of the search', () => {
    expect(ids({ status: 'stopped' })).toEqual(['1'])
    expect(ids({ agent: 'codex' })).toEqual(['2'])
    expect(ids({ q: 'core alpha' })).toEqual(['3'])
    expect(ids({ q: 'core beta' })).toEqual([])
  })

  test('knows whose the sessions are', () => {
    expect(ids({ owner: 'arne' })).toEqual(['2'])
    expect(ids({ owner: 'nobody' })).toEqual([])
    expect(ownersOf(sessions)).toEqual([{ username: 'arne', sessions: 1 }, { username: 'mira', sessions: 2 }])
    expect(readDashboardSearch({ owner: 7 })).toEqual({ owner: '7' })
  })

  test('counts', () => {
    expect(countByStatus(sessions)).toEqual({ running: 1, starting: 0, pending: 0, stopped: 1, error: 1 })
  })

  test('reads from the URL what makes sense and nothing else', () => {
    expect(readDashboardSearch({ view: 'table', q: 'x', status: 'error', agent: 'codex', sort: 'name' })).toEqual({
      view: 'table', q: 'x', status: 'error', agent: 'codex', sort: 'name',
    })
    expect(readDashboardSearch({ view: 'cards', q: '', status: 'melting', agent: 7, sort: 'activity', other: 1 })).toEqual({})
  })
})

test('a session’s URL holds layout, terminal and panel', () => {
  expect(readSessionSearch({ view: 'tabs', terminal: 'manual', panel: 'logs' })).toEqual({ view: 'tabs', terminal: 'manual', panel: 'logs' })
  expect(readSessionSearch({ view: 'x', terminal: '../x', panel: 'y' })).toEqual({})
})

test('a suggested name is free, also when the first thoughts are taken', () => {
  expect(suggestName(['AMBER-ANVIL'], () => 0)).toBe('amber-anvil-2')
  expect(suggestName(['amber-anvil', 'amber-anvil-2'], () => 0)).toBe('amber-anvil-3')
  expect(suggestName([], () => 0.999)).toBe('willow-stone')
})
