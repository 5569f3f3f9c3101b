import { describe, expect, test } from 'vitest'
import { CastError, CastReader, readCast } from './cast'
import { castText, chance, read } from './makeCast.testing'

const WHOLE = castText([
  [0.5, 'o', 'héllo 🦀\r\n'],
  [1, 'r', '100x30'],
  [0.25, 'm', 'a label'],
  [0, 'o', '\u001bcanew'],
  [2, 'x', '3'],
])

describe('a recording', () => {
  test('is read with absolute times', () => {
    const { header, events, damaged } = read(WHOLE)
    expect(header).toEqual({ size: { cols: 40, rows: 8 }, startedAt: 1_700_000_000_000, title: null })
    expect(events).toEqual([
      { kind: 'output', at: 0.5, text: 'héllo 🦀\r\n' },
      { kind: 'resize', at: 1.5, size: { cols: 100, rows: 30 } },
      { kind: 'marker', at: 1.75, label: 'a label' },
      { kind: 'output', at: 1.75, text: '\u001bcanew' },
      { kind: 'exit', at: 3.75, status: '3' },
    ])
    expect(damaged).toBe(0)
  })

  test('is the same in whatever pieces it comes', async () => {
    const bytes = new TextEncoder().encode(WHOLE)
    const whole = read(WHOLE)
    for (let seed = 1; seed <= 40; seed += 1) {
      const below = chance(seed)
      const pieces: Uint8Array[] = []
      for (let from = 0; from < bytes.length; ) {
        const to = from + 1 + below(30)
        pieces.push(bytes.subarray(from, to))
        from = to
      }
      const progress: number[] = []
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          for (const piece of pieces) controller.enqueue(piece)
          controller.close()
        },
      })
      const cast = await readCast(body, (count) => progress.push(count))
      expect(cast).toEqual(whole)
      expect(progress.at(-1)).toBe(bytes.length)
    }
  })

  test('cut off anywhere after its header gives what was whole until there', () => {
    const headerEnd = WHOLE.indexOf('\n') + 1
    const { events } = read(WHOLE)
    for (let end = headerEnd; end <= WHOLE.length; end += 1) {
      const cast = read(WHOLE.slice(0, end))
      expect(cast.events).toEqual(events.slice(0, cast.events.length))
      expect(cast.damaged).toBe(0)
      const lines = WHOLE.slice(headerEnd, end).split('\n').length - 1
      expect(cast.events.length).toBeGreaterThanOrEqual(lines)
    }
  })

  test('may hold comments, empty lines and kinds of events that nobody knows yet, whose time passes all the same', () => {
    const text = `${castText([[1, 'o', 'a']])}# a comment\n\n[2,"?","new"]\r\n[1,"o","b"]\n`
    expect(read(text)).toMatchObject({ events: [{ at: 1, text: 'a' }, { at: 4, text: 'b' }], damaged: 0 })
  })

  test('loses a line that is torn in the middle, and no other', () => {
    const text = `${castText([[1, 'o', 'a']])}[1,"o","hal\n{"not":"an event"}\n["1","o","x"]\n[1,"r","wide"]\n[-5,"o","b"]\n`
    expect(read(text)).toMatchObject({ events: [{ at: 1, text: 'a' }, { at: 2, text: 'b' }], damaged: 4 })
  })

  test('is never drawn in a size that cannot be', () => {
    expect(read(castText([], { term: {} })).header.size).toEqual({ cols: 80, rows: 24 })
    expect(read(castText([], { term: { cols: 1e9, rows: 1e9 } })).header.size).toEqual({ cols: 1000, rows: 1000 })
    expect(read(castText([[0, 'r', '1x99999']])).events).toEqual([{ kind: 'resize', at: 0, size: { cols: 2, rows: 1000 } }])
    expect(read(castText([[0, 'r', '0x0']])).damaged).toBe(1)
  })
})

describe('what is no recording is refused in words', () => {
  test.each([
    ['nothing', '', /empty/],
    ['half a header', '{"version":3,"te', /empty/],
    ['an older format', '{"version":2,"width":80,"height":24}\n', /asciicast v3/],
    ['a page', '<!doctype html>\n<p>Bad gateway', /asciicast v3/],
  ])('%s', (_what, text, words) => {
    expect(() => read(text)).toThrow(CastError)
    expect(() => read(text)).toThrow(words)
  })

  test('one that would fill the memory', () => {
    const reader = new CastReader()
    reader.read(castText([]))
    const piece = 'x'.repeat(10_000_000)
    expect(() => {
      for (let count = 0; count < 12; count += 1) reader.read(piece)
    }).toThrow(/too long/)
  })
})

test('an answer that breaks off is an error, and what comes no more is called off', async () => {
  let cancelled = false
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('{"version":1}\n')),
    cancel: () => {
      cancelled = true
    },
  })
  await expect(readCast(endless, () => undefined)).rejects.toThrow(CastError)
  expect(cancelled).toBe(true)
  const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new TypeError('reset')) })
  await expect(readCast(broken, () => undefined)).rejects.toThrow('reset')
})
