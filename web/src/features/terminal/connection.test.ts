import { expect, test } from 'vitest'
import { TerminalConnection } from './connection'
import type { ConnectionStatus, ConnectionWorld, SocketEvents } from './connection'
import type { Effect } from './protocol'

/** A world in which time passes only when told to, and the other end of every socket is the test. */
class World implements ConnectionWorld {
  time = 0
  loggedIn = true
  renewals = 0
  buffer = 0
  sockets: { query: URLSearchParams; events: SocketEvents; sent: (string | Uint8Array)[]; closed: boolean }[] = []
  #timers: { at: number; call: () => void }[] = []

  connect(query: string, _protocol: string, events: SocketEvents) {
    const socket: World['sockets'][number] = { query: new URLSearchParams(query), events, sent: [], closed: false }
    this.sockets.push(socket)
    return {
      sendText: (text: string) => void socket.sent.push(text),
      sendBytes: (bytes: Uint8Array) => void socket.sent.push(bytes),
      buffered: () => this.buffer,
      close: () => {
        socket.closed = true
      },
    }
  }
  async authenticate(force: 'renew' | 'ifNeeded'): Promise<boolean> {
    if (force === 'renew') this.renewals += 1
    return this.loggedIn
  }
  now(): number {
    return this.time
  }
  random(): number {
    return 0
  }
  after(milliseconds: number, call: () => void): () => void {
    const timer = { at: this.time + milliseconds, call }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }
  /** Lets time pass, and every promise settle. */
  async pass(milliseconds: number): Promise<void> {
    this.time += milliseconds
    const due = this.#timers.filter((timer) => timer.at <= this.time)
    this.#timers = this.#timers.filter((timer) => timer.at > this.time)
    for (const timer of due) timer.call()
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
  }
  last(): World['sockets'][number] {
    const socket = this.sockets.at(-1)
    if (socket === undefined) throw new Error('nothing has connected')
    return socket
  }
  say(message: object): void {
    this.last().events.frame({ kind: 'text', text: JSON.stringify(message) })
  }
  hello(offset = 0, mode = 'write'): void {
    this.say({ type: 'hello', offset, oldest: 0, cols: 80, rows: 24, mode })
  }
  output(offset: number, length: number): void {
    const frame = new Uint8Array(8 + length)
    new DataView(frame.buffer).setBigUint64(0, BigInt(offset))
    this.last().events.frame({ kind: 'binary', bytes: frame })
  }
}

async function connected(mode: 'read' | 'write' = 'write') {
  const world = new World()
  const statuses: ConnectionStatus[] = []
  const effects: Effect[] = []
  const connection = new TerminalConnection(mode, world, {
    status: (status) => statuses.push(status),
    effect: (effect) => effects.push(effect),
  })
  connection.open()
  await world.pass(0)
  world.hello(0, mode)
  const status = (): ConnectionStatus => statuses.at(-1) ?? { kind: 'connecting' }
  return { world, connection, status, effects }
}

test('after a loss it waits, comes back, and asks for the next byte', async () => {
  const { world, status } = await connected()
  world.output(0, 42)
  expect(world.last().query.get('from')).toBeNull()
  world.last().events.closed(1006)
  expect(status()).toEqual({ kind: 'waiting', until: 100, why: 'Connection lost.' })
  await world.pass(100)
  expect(world.last().query.get('from')).toBe('42')
  world.hello(42)
  expect(status().kind).toBe('online')
})

test('it waits longer each time in vain, never more than five seconds, and starts small again after success', async () => {
  const { world, status } = await connected()
  const waits: number[] = []
  for (let attempt = 0; attempt < 8; attempt += 1) {
    world.last().events.closed(1006)
    const now = status()
    if (now.kind !== 'waiting') throw new Error('it does not wait')
    waits.push(now.until - world.time)
    await world.pass(now.until - world.time)
  }
  expect(waits).toEqual([100, 200, 400, 800, 1600, 2500, 2500, 2500])
  world.hello()
  world.last().events.closed(1001)
  expect(status()).toMatchObject({ kind: 'waiting', until: world.time + 100 })
})

test('what is typed while not connected is refused and never sent later', async () => {
  const { world, connection } = await connected()
  world.last().events.closed(1006)
  expect(connection.input('rm -rf /\r')).toBe('offline')
  await world.pass(100)
  expect(connection.input('x')).toBe('offline')
  world.hello()
  expect(world.last().sent).toEqual([])
  expect(connection.input('y')).toBe('sent')
  expect(world.last().sent).toEqual([new TextEncoder().encode('y')])
})

test('a large paste goes in frames, and one beyond the bound is refused whole', async () => {
  const { world, connection } = await connected()
  expect(connection.input('x'.repeat(100_000))).toBe('sent')
  const frames = world.last().sent
  expect(frames.map((frame) => frame.length)).toEqual([32_768, 32_768, 32_768, 1696])
  world.buffer = 4 * 1024 * 1024
  expect(connection.input('x')).toBe('full')
  expect(world.last().sent).toHaveLength(4)
})

test('a viewer may neither type nor resize', async () => {
  const { world, connection } = await connected('read')
  expect(world.last().query.get('mode')).toBe('read')
  expect(connection.input('x')).toBe('readOnly')
  expect(connection.resize({ cols: 10, rows: 10 })).toBe('readOnly')
  expect(world.last().sent).toEqual([])
})

test('4401 renews the login and comes back at once', async () => {
  const { world, status } = await connected()
  world.output(0, 5)
  world.last().events.closed(4401)
  await world.pass(0)
  expect(world.renewals).toBe(1)
  expect(world.sockets).toHaveLength(2)
  expect(world.last().query.get('from')).toBe('5')
  expect(status().kind).toBe('connecting')
})

test('4401 without a login left stops', async () => {
  const { world, status } = await connected()
  world.loggedIn = false
  world.last().events.closed(4401)
  await world.pass(0)
  expect(status()).toEqual({ kind: 'stopped', why: 'You are logged out.' })
  expect(world.sockets).toHaveLength(1)
})

test.each([
  [4403, 'You have no right to this terminal.'],
  [4404, 'This terminal does not exist any more.'],
])('%i stops and says why', async (code, why) => {
  const { world, status } = await connected()
  world.last().events.closed(code)
  await world.pass(60_000)
  expect(status()).toEqual({ kind: 'stopped', why })
  expect(world.sockets).toHaveLength(1)
})

test('a silent connection is asked for a sign of life, and given up without one', async () => {
  const { world, status } = await connected()
  await world.pass(15_000)
  expect(world.last().sent).toEqual(['{"type":"ping"}'])
  world.say({ type: 'pong' })
  await world.pass(15_000)
  expect(world.last().sent).toHaveLength(2)
  await world.pass(8000)
  expect(world.last().closed).toBe(true)
  expect(status().kind).toBe('waiting')
})

test('a server that never says hello is given up', async () => {
  const { world, status } = await connected()
  world.last().events.closed(1001)
  await world.pass(100)
  expect(status().kind).toBe('connecting')
  await world.pass(10_000)
  expect(status()).toMatchObject({ kind: 'waiting', why: 'The server does not answer.' })
})

test('a late word from an old socket changes nothing', async () => {
  const { world, status, effects } = await connected()
  const old = world.last()
  old.events.closed(1006)
  await world.pass(100)
  world.hello()
  const before = effects.length
  old.events.frame({ kind: 'text', text: '{"type":"exit","code":1}' })
  old.events.closed(4404)
  expect(effects).toHaveLength(before)
  expect(status().kind).toBe('online')
})

test('a damaged stream is dropped and begun again from a snapshot', async () => {
  const { world } = await connected()
  world.output(0, 5)
  world.last().events.frame({ kind: 'text', text: 'nonsense' })
  expect(world.last().closed).toBe(true)
  await world.pass(100)
  expect(world.last().query.get('from')).toBeNull()
})

test('a server that keeps refusing our frames is not asked for ever', async () => {
  const { world, status } = await connected()
  for (let attempt = 0; attempt < 2; attempt += 1) {
    world.last().events.closed(1008)
    await world.pass(5000)
    world.hello()
  }
  world.last().events.closed(1008)
  expect(status().kind).toBe('stopped')
})

test('a person need not wait: hurry connects now', async () => {
  const { world, connection, status } = await connected()
  world.last().events.closed(1006)
  connection.hurry()
  await world.pass(0)
  expect(world.sockets).toHaveLength(2)
  expect(status().kind).toBe('connecting')
})

test('a connection that is doubted is asked at once, and given up sooner than a silent one', async () => {
  const { world, connection, status } = await connected()
  connection.hurry()
  expect(world.last().sent).toEqual(['{"type":"ping"}'])
  world.say({ type: 'pong' })
  await world.pass(4000)
  expect(status().kind).toBe('online')
  connection.hurry()
  await world.pass(4000)
  expect(world.last().closed).toBe(true)
  expect(status()).toMatchObject({ kind: 'waiting', why: 'Connection lost.' })
})

test('parsed output is acknowledged by offset', async () => {
  const { world, connection } = await connected()
  world.output(0, 300)
  connection.parsed(300)
  expect(world.last().sent).toEqual(['{"type":"ack","offset":300}'])
})

test('after close nothing happens any more', async () => {
  const { world, connection, status } = await connected()
  connection.close()
  expect(world.last().closed).toBe(true)
  await world.pass(60_000)
  expect(world.sockets).toHaveLength(1)
  expect(status().kind).toBe('stopped')
})
