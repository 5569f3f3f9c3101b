import { expect, test } from 'vitest'
import type { Metrics } from '../../api/types'
import { areaOf, beginOf, joined, linesOf, pathOf, ratesOf, roundTop, summaryOf, thinned } from './series'

const MINUTE = 60_000

function at(minute: number, fields: Partial<Metrics> = {}): Metrics {
  return {
    cpuPercent: null,
    memoryMb: null,
    memoryPercent: null,
    memoryLimitMb: null,
    diskMb: null,
    networkRxBytes: null,
    networkTxBytes: null,
    pids: null,
    agentActive: null,
    at: new Date(minute * MINUTE).toISOString(),
    ...fields,
  }
}

test('a line ends where nothing is known', () => {
  const cpu = [at(1, { cpuPercent: 1 }), at(2, { cpuPercent: 2 }), at(3), at(4, { cpuPercent: 4 }), at(9, { cpuPercent: 9 })]
  const lines = linesOf(cpu, (metrics) => metrics.cpuPercent, MINUTE)
  expect(lines.map((line) => line.map((point) => point.value))).toEqual([[1, 2], [4], [9]])
})

test('a counter is drawn as what it grew by, and not where it began anew', () => {
  const counters = [0, 60_000, 120_000, 0, 6_000].map((networkRxBytes, minute) => at(minute, { networkRxBytes }))
  const [rates] = ratesOf(counters, (metrics) => metrics.networkRxBytes, MINUTE)
  expect(rates?.map((point) => point.value)).toEqual([1000, 1000, 100])
  expect(ratesOf([at(1, { networkRxBytes: 5 })], (metrics) => metrics.networkRxBytes, MINUTE)).toEqual([])
})

test('what is heard live takes over where it begins', () => {
  const all = joined([at(1), at(2), at(3)], [at(2.5), at(2.6)])
  expect(all.map((metrics) => Date.parse(metrics.at) / MINUTE)).toEqual([1, 2, 2.5, 2.6])
  expect(joined([at(1)], [])).toEqual([at(1)])
})

test('a picture begins with what is known, and never shows less than five minutes', () => {
  expect(beginOf([], '1h', 100 * MINUTE)).toBe(40 * MINUTE)
  expect(beginOf([at(10), at(70), at(99)], '1h', 100 * MINUTE)).toBe(70 * MINUTE)
  expect(beginOf([at(99)], '24h', 100 * MINUTE)).toBe(95 * MINUTE)
})

test('a graph ends at a round number', () => {
  expect([0, Number.NaN, 0.3, 1, 7, 12, 430, 1024].map(roundTop)).toEqual([1, 1, 0.5, 1, 10, 20, 500, 2000])
})

test('paths stay inside their frame', () => {
  const frame = { from: 0, to: 100, top: 10, width: 200, height: 50 }
  const line = [
    { at: 0, value: 0 },
    { at: 50, value: 10 },
    { at: 100, value: 99 },
  ]
  expect(pathOf(line, frame)).toBe('M0 50L100 0L200 0')
  expect(areaOf(line, frame)).toBe('M0 50L100 0L200 0L200 50L0 50Z')
  expect(pathOf([{ at: 50, value: 5 }], frame)).toBe('M100 25h1.5')
  expect([pathOf([], frame), areaOf([], frame)]).toEqual(['', ''])
})

test('a series is told in three numbers', () => {
  expect(summaryOf([[{ at: 0, value: 4 }], [{ at: 9, value: 2 }]])).toEqual({ last: 2, highest: 4, mean: 3 })
  expect(summaryOf([])).toBeNull()
})

test('a table has a bounded number of rows, the newest among them', () => {
  expect(thinned([1, 2, 3], 5)).toEqual([1, 2, 3])
  expect(thinned([1, 2, 3, 4, 5, 6, 7], 3)).toEqual([1, 4, 7])
})
