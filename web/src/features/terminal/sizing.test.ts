import { expect, test } from 'vitest'
import { drawn, forgetQuestions, initialSizing, scale, serverSays, takeWheel, windowFits } from './sizing'

const small = { cols: 80, rows: 24 }
const middle = { cols: 120, rows: 40 }
const large = { cols: 200, rows: 60 }

/** Somebody who looks at a terminal of `small` size through a window that fits `middle`. */
const watching = serverSays(windowFits(initialSizing, middle).sizing, small).sizing

test('who only watches asks for nothing', () => {
  expect(serverSays(windowFits(initialSizing, middle).sizing, small).ask).toBeNull()
  expect(drawn(watching)).toEqual(small)
})

test('who takes the wheel asks for the size of the window, once', () => {
  const first = takeWheel(watching)
  expect(first.ask).toEqual(middle)
  expect(takeWheel(first.sizing).ask).toBeNull()
  expect(serverSays(first.sizing, middle).ask).toBeNull()
})

test('a window dragged quickly stays at the wheel while the answers come late', () => {
  let { sizing } = takeWheel(watching)
  sizing = windowFits(sizing, large).sizing
  const late = serverSays(sizing, middle)
  expect(late.sizing.driving).toBe(true)
  expect(late.ask).toBeNull()
  expect(drawn(late.sizing)).toEqual(large)
  expect(serverSays(late.sizing, large).sizing.driving).toBe(true)
})

test('a size that nobody here asked for means that somebody else drives', () => {
  const driving = serverSays(takeWheel(watching).sizing, middle).sizing
  const taken = serverSays(driving, large)
  expect(taken.sizing.driving).toBe(false)
  expect(taken.ask).toBeNull()
  expect(drawn(taken.sizing)).toEqual(large)
  expect(takeWheel(taken.sizing).ask).toEqual(middle)
})

test('a larger terminal is drawn smaller, a smaller one never larger', () => {
  const larger = serverSays(watching, large).sizing
  expect(scale(larger)).toBeCloseTo(0.6)
  expect(scale(watching)).toBe(1)
})

test('after a reconnect the driver asks again if the size was changed meanwhile', () => {
  const driving = serverSays(takeWheel(watching).sizing, middle).sizing
  const again = serverSays(forgetQuestions(driving), small)
  expect(again.sizing.driving).toBe(true)
  expect(again.ask).toEqual(middle)
})
