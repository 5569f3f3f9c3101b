import { expect, test } from 'vitest'
import { childrenFirst, graphOf } from './graph'

const knot = (hash: string, ...parents: string[]) => ({ hash, parents })

test('a straight history has one lane', () => {
  const { rows, lanes } = graphOf([knot('c', 'b'), knot('b', 'a'), knot('a')])
  expect(lanes).toBe(1)
  expect(rows).toEqual([
    { lane: 0, through: [], into: [], outOf: [0] },
    { lane: 0, through: [], into: [0], outOf: [0] },
    { lane: 0, through: [], into: [0], outOf: [] },
  ])
})

test('a merge opens a lane, and where the branch began it closes', () => {
  const { rows, lanes } = graphOf([knot('m', 'b', 'x'), knot('x', 'a'), knot('b', 'a'), knot('a')])
  expect(lanes).toBe(2)
  expect(rows.map((row) => row.lane)).toEqual([0, 1, 0, 0])
  expect(rows[0]?.outOf).toEqual([0, 1])
  expect(rows[1]).toEqual({ lane: 1, through: [0], into: [1], outOf: [1] })
  expect(rows[2]).toEqual({ lane: 0, through: [1], into: [0], outOf: [0] })
  expect(rows[3]).toEqual({ lane: 0, through: [], into: [0, 1], outOf: [] })
})

test('several merges of one branch use a lane again once it is free', () => {
  const { lanes } = graphOf([knot('m2', 'm1', 'y'), knot('y', 'm1'), knot('m1', 'b', 'x'), knot('x', 'b'), knot('b')])
  expect(lanes).toBe(2)
})

test('a history that is cut off leads out at its end', () => {
  const { rows } = graphOf([knot('c', 'b', 'x')])
  expect(rows[0]?.outOf).toEqual([0, 1])
  expect(graphOf([])).toEqual({ rows: [], lanes: 0 })
})

test('no commit stands above one that came of it, whatever the clocks said', () => {
  const order = (...commits: ReturnType<typeof knot>[]): string => childrenFirst(commits).map(({ hash }) => hash).join(' ')
  expect(order(knot('c', 'b'), knot('b', 'a'), knot('a'))).toBe('c b a')
  expect(order(knot('m', 'c', 'y'), knot('c', 'a'), knot('y', 'x'), knot('a'), knot('x', 'a'))).toBe('m c y x a')
  expect(order(knot('a'), knot('b', 'a'), knot('c', 'b'))).toBe('c b a')
  // The parents of the last one are not here.
  expect(order(knot('b', 'a'), knot('a', 'z', 'y'))).toBe('b a')
})
