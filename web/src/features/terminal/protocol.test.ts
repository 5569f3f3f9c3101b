import { describe, expect, test } from 'vitest'
import { beginConnection, connectionQuery, initialState, parsed, receive } from './protocol'
import type { Effect, Frame, StreamState } from './protocol'

const text = (message: object): Frame => ({ kind: 'text', text: JSON.stringify(message) })
const raw = (bytes: Uint8Array): Frame => ({ kind: 'binary', bytes })
const bytesOf = (content: string): Uint8Array => new TextEncoder().encode(content)

function output(offset: number, bytes: Uint8Array): Frame {
  const frame = new Uint8Array(8 + bytes.length)
  new DataView(frame.buffer).setBigUint64(0, BigInt(offset))
  frame.set(bytes, 8)
  return raw(frame)
}

const hello = (offset: number): Frame => text({ type: 'hello', offset, oldest: 0, cols: 80, rows: 24, mode: 'write' })

/** Feeds the frames and answers the last state and everything that was to be done. */
function run(state: StreamState, frames: Frame[]): { state: StreamState; effects: Effect[] } {
  const effects: Effect[] = []
  let now = state
  for (const frame of frames) {
    const step = receive(now, frame)
    now = step.state
    effects.push(...step.effects)
  }
  return { state: now, effects }
}

/** What a terminal shows after these effects, as text. */
function shown(effects: Effect[], before = ''): string {
  let screen = before
  for (const effect of effects) {
    if (effect.type === 'reset') screen = ''
    if (effect.type === 'write') screen += new TextDecoder().decode(effect.bytes)
  }
  return screen
}

const faults = (effects: Effect[]): Effect[] => effects.filter((effect) => effect.type === 'fault')

describe('joining', () => {
  test('a snapshot repaints the terminal and the stream goes on after it', () => {
    const { state, effects } = run(initialState, [
      hello(100),
      text({ type: 'snapshot', offset: 100, bytes: 6 }),
      raw(bytesOf('screen')),
      output(100, bytesOf('+live')),
    ])
    expect(shown(effects, 'old')).toBe('screen+live')
    expect(state.next).toBe(105)
  })

  test('a stream without a snapshot begins with an empty terminal', () => {
    const { state, effects } = run(initialState, [hello(0), output(0, bytesOf('$ '))])
    expect(effects.map((effect) => effect.type)).toEqual(['hello', 'size', 'reset', 'write'])
    expect(state.next).toBe(2)
  })

  test('the first eight bytes of a snapshot are content, not an offset', () => {
    const { effects } = run(initialState, [hello(9), text({ type: 'snapshot', offset: 9, bytes: 9 }), raw(bytesOf('123456789'))])
    expect(shown(effects)).toBe('123456789')
  })

  test('a message between a snapshot and its frame does not disturb it', () => {
    const { effects } = run(initialState, [
      hello(3),
      text({ type: 'snapshot', offset: 3, bytes: 3 }),
      text({ type: 'size', cols: 100, rows: 30 }),
      raw(bytesOf('abc')),
    ])
    expect(shown(effects)).toBe('abc')
    expect(faults(effects)).toEqual([])
  })
})

describe('resuming', () => {
  const joined = run(initialState, [hello(0), output(0, bytesOf('0123456789'))]).state

  test('a new connection asks for the next byte', () => {
    const state = beginConnection(joined, 'fromNext')
    expect(new URLSearchParams(connectionQuery(state, 'write')).get('from')).toBe('10')
    expect(new URLSearchParams(connectionQuery(initialState, 'read')).get('from')).toBeNull()
  })

  test('bytes that came before are not written again', () => {
    const { state, effects } = run(beginConnection(joined, 'fromNext'), [hello(10), output(4, bytesOf('456789abc')), output(2, bytesOf('23'))])
    expect(shown(effects, '0123456789')).toBe('0123456789abc')
    expect(state.next).toBe(13)
  })

  test('a gap is a fault that asks for the missing bytes, and nothing of it is shown', () => {
    const { state, effects } = run(beginConnection(joined, 'fromNext'), [hello(10), output(12, bytesOf('cd'))])
    expect(shown(effects)).toBe('')
    expect(faults(effects)).toEqual([{ type: 'fault', reason: 'a gap in the stream', resume: 'fromNext' }])
    expect(state.next).toBe(10)
  })

  test('a viewer that fell behind gets a snapshot in place of what it missed', () => {
    const { state, effects } = run(beginConnection(joined, 'fromNext'), [
      hello(5000),
      text({ type: 'snapshot', offset: 5000, bytes: 3 }),
      raw(bytesOf('now')),
      output(5000, bytesOf('!')),
    ])
    expect(shown(effects, '0123456789')).toBe('now!')
    expect(state.next).toBe(5001)
  })

  test('a stream that is shorter than our position is another one and starts afresh', () => {
    const { state, effects } = run(beginConnection(joined, 'fromNext'), [hello(2), output(2, bytesOf('new'))])
    expect(shown(effects, '0123456789')).toBe('new')
    expect(state.next).toBe(5)
  })

  test('a connection that ends between a snapshot and its frame resumes where it was', () => {
    const cut = run(beginConnection(joined, 'fromNext'), [hello(99), text({ type: 'snapshot', offset: 99, bytes: 3 })]).state
    expect(beginConnection(cut, 'fromNext')).toMatchObject({ phase: 'greeting', next: 10, snapshot: null })
  })
})

test('however a stream is cut, repeated and interrupted, every byte arrives once and in order', () => {
  const stream = Uint8Array.from({ length: 4000 }, (_, index) => 33 + ((index * 7919) % 90))
  const expected = new TextDecoder().decode(stream)
  for (let seed = 1; seed <= 200; seed += 1) {
    let random = seed
    const upTo = (limit: number): number => {
      random = (random * 48_271) % 2_147_483_647
      return random % limit
    }
    let state = initialState
    let screen = ''
    while (state.next !== stream.length) {
      state = beginConnection(state, 'fromNext')
      let at = state.next ?? 0
      const frames: Frame[] = [hello(at)]
      if (upTo(5) === 0) {
        // The server no longer keeps what we lack: it sends the whole screen up to some later point.
        at = Math.min(stream.length, at + upTo(300))
        frames.push(text({ type: 'snapshot', offset: at, bytes: at }), raw(stream.slice(0, at)))
      }
      for (let frame = upTo(6); frame >= 0 && at < stream.length; frame -= 1) {
        const end = Math.min(stream.length, at + 1 + upTo(400))
        const start = Math.max(0, at - upTo(50))
        frames.push(output(start, stream.slice(start, end)))
        at = end
      }
      // The connection may end after any frame.
      const step = run(state, frames.slice(0, 1 + upTo(frames.length)))
      expect(faults(step.effects)).toEqual([])
      screen = shown(step.effects, screen)
      state = step.state
      expect(screen).toBe(expected.slice(0, state.next ?? 0))
    }
    expect(screen).toBe(expected)
  }
})

describe('a server that breaks the protocol', () => {
  const bad: [string, Frame[]][] = [
    ['bytes before hello', [output(0, bytesOf('x'))]],
    ['no JSON', [{ kind: 'text', text: 'nonsense' }]],
    ['two hellos', [hello(0), hello(0)]],
    ['a frame too short for an offset', [hello(0), raw(bytesOf('1234567'))]],
    ['a snapshot of the wrong length', [hello(0), text({ type: 'snapshot', offset: 5, bytes: 5 }), raw(bytesOf('1234'))]],
    ['a negative offset', [hello(0), text({ type: 'snapshot', offset: -1, bytes: 5 })]],
    ['a size of nothing', [hello(0), text({ type: 'size', cols: 0, rows: 24 })]],
  ]
  test.each(bad)('%s is a fault', (_name, frames) => {
    expect(faults(run(initialState, frames).effects)).toHaveLength(1)
  })

  test('an offset beyond what a number holds exactly is a fault', () => {
    const frame = new Uint8Array(9)
    new DataView(frame.buffer).setBigUint64(0, 2n ** 53n)
    expect(faults(run(initialState, [hello(0), raw(frame)]).effects)).toHaveLength(1)
  })

  test('a message of a newer server is ignored', () => {
    expect(run(initialState, [hello(0), text({ type: 'chat', words: 'hi' })]).effects.map((effect) => effect.type)).toEqual(['hello', 'size'])
  })
})

describe('acknowledging', () => {
  const start = run(initialState, [hello(0), output(0, new Uint8Array(500_000))]).state

  test('is due when everything is parsed, and only once', () => {
    const first = parsed(start, 500_000)
    expect(first.ack).toBe(500_000)
    expect(parsed(first.state, 500_000).ack).toBeNull()
  })

  test('does not wait for the end of a flood', () => {
    expect(parsed(start, 1000).ack).toBeNull()
    expect(parsed(start, 200_000).ack).toBe(200_000)
  })

  test('never names an offset that this stream has not reached', () => {
    expect(parsed(start, 500_001).ack).toBeNull()
    expect(parsed(beginConnection(start, 'fromSnapshot'), 500_000).ack).toBeNull()
  })
})

test('what was written before this connection is history, what comes now is live', () => {
  const { effects } = run(initialState, [hello(4), text({ type: 'snapshot', offset: 4, bytes: 4 }), raw(bytesOf('past')), output(4, bytesOf('now'))])
  expect(effects.filter((effect) => effect.type === 'write').map((effect) => effect.replay)).toEqual([true, false])
})

test('viewers are read with their rights, and which of them is us', () => {
  const viewers = [{ id: 7, username: 'mira', mode: 'write', you: true }, { id: 8, username: 'jonas', mode: 'read' }, 'nonsense']
  const { effects } = run(initialState, [hello(0), text({ type: 'presence', viewers })])
  expect(effects.at(-1)).toEqual({
    type: 'presence',
    viewers: [
      { id: '7', name: 'mira', mode: 'write', you: true },
      { id: '8', name: 'jonas', mode: 'read', you: false },
    ],
  })
})
