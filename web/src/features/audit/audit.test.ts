// What of the audit is asked for, and how pages of it are joined.
import { describe, expect, test } from 'vitest'
import type { AuditEntry } from '../../api/types'
import { auditExportPath, auditFilters, readAuditSearch } from './auditSearch'
import { byDay, dayWord, detailRows, joinEntries } from './entries'

const now = Date.parse('2026-06-08T12:00:00Z')

describe('the address of the audit', () => {
  test('keeps what makes sense and nothing else', () => {
    expect(readAuditSearch({ actor: 'mira', action: 'session.create', target: 7, outcome: 'denied', range: 'week' })).toEqual({
      actor: 'mira', action: 'session.create', target: '7', outcome: 'denied', range: 'week',
    })
    expect(readAuditSearch({ actor: '', outcome: 'splendid', range: 'aeon', since: '2026-06-01T00:00', other: 1 })).toEqual({})
    expect(readAuditSearch({ range: 'custom', since: '2026-06-01T08:30', until: 'tomorrow' })).toEqual({ range: 'custom', since: '2026-06-01T08:30' })
  })

  test('becomes the server’s filters', () => {
    expect(auditFilters({ actor: 'mira', range: 'week' }, now)).toEqual({ actor: 'mira', since: '2026-06-01T12:00:00.000Z' })
    expect(auditFilters({}, now)).toEqual({})
    const until = '2026-06-02T10:00'
    expect(auditFilters({ range: 'custom', until }, now)).toEqual({ until: new Date(until).toISOString() })
    expect(auditExportPath({ action: 'a b&c', range: 'hour' }, now)).toBe('/api/audit/export?action=a+b%26c&since=2026-06-08T11%3A00%3A00.000Z')
    expect(auditExportPath({}, now)).toBe('/api/audit/export')
  })
})

describe('pages read at different times', () => {
  const entries = (...seqs: number[]): AuditEntry[] =>
    seqs.map((seq) => ({ seq, at: '', actor: { kind: 'system', id: null, name: 's' }, action: 'a', target: null, outcome: 'ok', severity: 'info', address: '', requestId: '', detail: {}, hash: '' }))
  const seqs = (joined: AuditEntry[] | null): number[] | null => joined && joined.map((entry) => entry.seq)

  test('join where they touch or overlap', () => {
    expect(seqs(joinEntries(entries(7, 6, 5), entries(5, 4), 'page'))).toEqual([7, 6, 5, 4])
    expect(seqs(joinEntries(entries(5, 4), entries(5, 4, 3), 'page'))).toEqual([5, 4, 3])
    expect(seqs(joinEntries([], entries(2, 1), 'all'))).toEqual([2, 1])
    expect(seqs(joinEntries(entries(2, 1), [], 'page'))).toEqual([2, 1])
  })

  test('do not join over a gap, unless there is nothing in it', () => {
    expect(joinEntries(entries(9, 8), entries(5, 4), 'page')).toBeNull()
    expect(seqs(joinEntries(entries(9, 8), entries(5, 4), 'all'))).toEqual([9, 8, 5, 4])
  })
})

test('details are told flat, whatever they hold', () => {
  expect(detailRows({ role: 'viewer', limits: { cpu: 2 }, names: ['a'], none: null })).toEqual([['role', 'viewer'], ['limits.cpu', '2'], ['names', '["a"]'], ['none', 'null']])
  expect(detailRows(null)).toEqual([])
})

test('entries stand under the day on which they happened', () => {
  const at = (time: string): AuditEntry => ({ seq: 1, at: new Date(time).toISOString(), actor: { kind: 'system', id: null, name: 's' }, action: 'a', target: null, outcome: 'ok', severity: 'info', address: '', requestId: '', detail: {}, hash: '' })
  const days = byDay([at('2026-06-08T09:00'), at('2026-06-08T00:01'), at('2026-06-07T23:59')])
  expect(days.map(({ day, entries }) => [day, entries.length])).toEqual([['2026-06-08', 2], ['2026-06-07', 1]])
  const today = new Date('2026-06-08T09:30')
  expect([dayWord('2026-06-08', today), dayWord('2026-06-07', today)]).toEqual(['Today', 'Yesterday'])
  expect(dayWord('2026-05-31', today)).toContain('2026')
  expect(dayWord('2026-02-28', new Date('2026-03-01T00:30'))).toBe('Yesterday')
})
