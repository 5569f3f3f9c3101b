import { expect, test } from 'vitest'
import { readMetricsNews } from './news'

test('figures are read, and what is not known stays unknown', () => {
  const news = readMetricsNews('metrics:update', { containerId: 'a', metrics: { at: '2026-11-21T04:00:00Z', cpuPercent: 12.5, pids: 'many', agentActive: true } })
  expect(news?.metrics).toMatchObject({ cpuPercent: 12.5, pids: null, diskMb: null, agentActive: true })
})

test('trouble is told in words', () => {
  const error = { code: 'metrics.unavailable', detail: 'the session does not run' }
  expect(readMetricsNews('metrics:error', { containerId: 'a', error })).toEqual({ id: 'a', metrics: null, trouble: 'the session does not run' })
})

test('what makes no sense is nothing', () => {
  for (const payload of [null, 7, {}, { containerId: 'a' }, { containerId: 'a', metrics: { at: 'soon' } }, { metrics: { at: '2026-11-21T04:00:00Z' } }]) {
    expect(readMetricsNews('metrics:update', payload)).toBeNull()
  }
  expect(readMetricsNews('session.updated', { containerId: 'a', metrics: { at: '2026-11-21T04:00:00Z' } })).toBeNull()
})
