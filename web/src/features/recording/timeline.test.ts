import { describe, expect, test } from 'vitest'
import { activityOf } from './activity'
import { chance, timelineOf } from './makeCast.testing'
import type { Line } from './makeCast.testing'
import { paceOf } from './pace'
import { castName, playTime, spokenTime } from './words'

const timeline = timelineOf([
  [1, 'o', 'a'],
  [1, 'r', '60x10'],
  [0, 'o', '\u001bcframe'],
  [10, 'm', 'tests begin'],
  [0, 'm', 'tests begin'],
  [0, 'o', 'b'],
  [100, 'o', 'c'],
  [1, 'x', '1'],
])

describe('a timeline', () => {
  test('knows what has happened by when, and where to begin to draw', () => {
    expect([-1, 0.9, 1, 2, 11.9, 12, 112, 113, 999].map((at) => timeline.countAt(at))).toEqual([0, 0, 1, 3, 3, 6, 7, 8, 8])
    const beginning = { index: 0, size: { cols: 40, rows: 8 } }
    const frame = { index: 2, size: { cols: 60, rows: 10 } }
    expect([0, 1, 2, 3, 7].map((count) => timeline.keyFrameFor(count))).toEqual([beginning, beginning, beginning, frame, frame])
  })

  test('knows the time on the wall, and what is marked', () => {
    expect(timeline.duration).toBe(113)
    expect(timeline.clockAt(12)).toBe(1_700_000_012_000)
    expect(timeline.marks).toEqual([
      { at: 12, label: 'tests begin' },
      { at: 113, label: 'The program ended with status 1' },
    ])
    expect(timeline.markAfter(0)?.at).toBe(12)
    expect(timeline.markAfter(12)?.at).toBe(113)
    expect(timeline.markBefore(12)).toBeNull()
    expect(timeline.markBefore(13)?.at).toBe(12)
  })

  test('of nothing is nothing', () => {
    const empty = timelineOf([])
    expect(empty.duration).toBe(0)
    expect(empty.countAt(5)).toBe(0)
    expect(paceOf(empty.events, 2)).toMatchObject({ total: 0 })
    expect(activityOf(empty.events, paceOf(empty.events, 2), 3)).toEqual([0, 0, 0])
  })
})

describe('the pace', () => {
  test('as it was, is the time that passed', () => {
    const pace = paceOf(timeline.events, Infinity)
    expect(pace.total).toBe(113)
    expect([0, 50, 113].map(pace.shownAt)).toEqual([0, 50, 113])
    expect([0, 50, 113, 200].map(pace.recordedAt)).toEqual([0, 50, 113, 113])
  })

  test('with shortened pauses goes from the longest pause straight to what comes after it', () => {
    const pace = paceOf(timeline.events, 2)
    // 1 + 1 + 2 (of 10) + 2 (of 100) + 1
    expect(pace.total).toBe(7)
    expect([2, 4, 8, 12, 14, 112, 113].map(pace.shownAt)).toEqual([2, 4, 4, 4, 6, 6, 7])
    expect([2, 3.5, 4, 5, 6, 6.5, 7, 8].map(pace.recordedAt)).toEqual([2, 3.5, 12, 13, 112, 112.5, 113, 113])
  })

  test('goes there and back, and never backwards, whatever was recorded', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const below = chance(seed)
      const lines = Array.from({ length: 1 + below(50) }, (): Line => [below(4) === 0 ? below(100) : below(1000) / 1000, 'o', 'x'])
      const { events, duration } = timelineOf(lines)
      const pace = paceOf(events, 2)
      let before = 0
      for (let step = 0; step <= 200; step += 1) {
        const shown = pace.total * (step / 200)
        const recorded = pace.recordedAt(shown)
        expect(recorded).toBeGreaterThanOrEqual(before - 1e-9)
        expect(pace.shownAt(recorded)).toBeCloseTo(shown, 6)
        before = recorded
      }
      expect(before).toBe(duration)
      for (const { at } of events) expect(pace.recordedAt(pace.shownAt(at))).toBeCloseTo(at, 6)
    }
  })
})

test('activity shows where something was written, the flood not drowning the rest', () => {
  const { events } = timelineOf([
    [0, 'o', 'x'.repeat(100_000)],
    [5, 'o', 'typed'],
    [5, 'm', 'nothing written'],
  ])
  const heights = activityOf(events, paceOf(events, Infinity), 4)
  expect(heights[0]).toBe(1)
  expect(heights[1]).toBe(0)
  expect(heights[2]).toBeGreaterThan(0.1)
  expect(heights[3]).toBe(0)
})

test('times are told as one would write and say them', () => {
  expect([0, 7.9, 754, 3723, -1].map(playTime)).toEqual(['0:00', '0:07', '12:34', '1:02:03', '0:00'])
  expect([0, 1, 62, 3600].map(spokenTime)).toEqual(['0 seconds', '1 second', '1 minute 2 seconds', '1 hour'])
  expect(castName('my session/1', 'agent')).toBe('my-session-1-agent.cast')
})
