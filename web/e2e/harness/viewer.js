// A viewer of one terminal over `longhouse.terminal.v1`, checking the protocol as it goes: hello first, a snapshot followed by
// its bytes, and every binary frame at exactly the offset that the one before ended at. What is received is also fed to a
// terminal emulator, so that a test can ask what a person would see.
import assert from 'node:assert/strict'
import xterm from '@xterm/headless'
import { WebSocket } from 'ws'
import { Hopeless, waitFor } from './wait.js'

export const SUBPROTOCOL = 'longhouse.terminal.v1'
const OFFSET_BYTES = 8

export class Viewer {
  hello = null
  /** Text messages other than hello and snapshot, in their order. */
  messages = []
  snapshots = []
  /** Offset after the last byte received; what a new connection would ask for. */
  next = null
  /** Offset of the first live byte that was received, and the bytes from there on. */
  start = null
  #chunks = []
  #awaitingSnapshot = null
  #acking
  /** What broke the protocol; empty as long as all is well. */
  faults = []
  closed = null
  #emulator = new xterm.Terminal({ cols: 80, rows: 24, scrollback: 5000, allowProposedApi: true })

  constructor(socket, { ack = false } = {}) {
    this.socket = socket
    this.#acking = ack
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary))
    socket.on('close', (code) => (this.closed ??= { code }))
    socket.on('error', (error) => (this.closed ??= { code: null, error }))
  }

  /** The address and headers of a terminal's socket. */
  static target(server, session, terminal = 'agent', query = {}) {
    const url = new URL(`/api/sessions/${session.id ?? session}/terminals/${terminal}/ws`, server.url.replace('http', 'ws'))
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    return url
  }

  /** Connects as the administrator, and waits for hello. */
  static async open(server, session, terminal = 'agent', { ack = false, ...query } = {}) {
    const { token } = await server.api()
    const socket = new WebSocket(Viewer.target(server, session, terminal, query), SUBPROTOCOL, { headers: { authorization: `Bearer ${token}` } })
    const viewer = new Viewer(socket, { ack })
    await waitFor('hello', () => {
      if (viewer.closed !== null) throw new Hopeless(`the socket closed: ${JSON.stringify(viewer.closed)} ${viewer.closed.error?.message ?? ''}`)
      return viewer.hello
    })
    assert.equal(socket.protocol, SUBPROTOCOL, 'the server chose the subprotocol')
    return viewer
  }

  /** The live bytes received so far. */
  bytes() {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0] ?? Buffer.alloc(0)
  }

  text() {
    return this.bytes().toString('utf8')
  }

  /** Types. */
  send(text) {
    this.socket.send(Buffer.from(text))
  }

  tell(message) {
    this.socket.send(JSON.stringify(message))
  }

  /** What a person would see: the emulator's screen with its scrollback. */
  async screen() {
    await new Promise((done) => this.#emulator.write('', done))
    const { active } = this.#emulator.buffer
    const lines = Array.from({ length: active.length }, (_, index) => active.getLine(index)?.translateToString(true) ?? '')
    return lines.join('\n').trimEnd()
  }

  async until(what, condition) {
    const show = async () => `closed: ${JSON.stringify(this.closed)}, faults: ${this.faults.join('; ')}, at ${this.next}\nthe screen:\n${await this.screen()}`
    const answer = await waitFor(what, condition, { show })
    this.check()
    return answer
  }

  untilScreen(pattern) {
    return this.until(`${pattern} on the screen`, async () => pattern.exec(await this.screen()))
  }

  untilText(pattern) {
    return this.until(`${pattern} in the output`, () => pattern.exec(this.text()))
  }

  untilMessage(type, holds = () => true) {
    return this.until(`the message ${type}`, () => this.messages.find((message) => message.type === type && holds(message)))
  }

  async untilClosed(why = 'the server’s end') {
    await waitFor(`the socket to close after ${why}`, () => this.closed)
    return this.closed.code
  }

  check() {
    assert.deepEqual(this.faults, [], 'the protocol holds')
  }

  /** Leaves as a lost network would: no closing handshake. */
  async drop() {
    this.check()
    this.socket.terminate()
    await this.untilClosed()
  }

  async close() {
    this.check()
    if (this.closed === null) this.socket.close()
    await this.untilClosed()
    this.#emulator.dispose()
  }

  #receive(data, isBinary) {
    if (isBinary) this.#receiveBinary(data)
    else this.#receiveText(JSON.parse(data.toString('utf8')))
  }

  #receiveText(message) {
    if (message.type !== 'hello' && this.hello === null) this.faults.push(`${message.type} before hello`)
    if (this.#awaitingSnapshot !== null) this.faults.push(`${message.type} between a snapshot and its bytes`)
    if (message.type === 'hello') {
      if (this.hello !== null) this.faults.push('a second hello')
      this.hello = message
      this.#emulator.resize(message.cols, message.rows)
    } else if (message.type === 'snapshot') {
      this.#awaitingSnapshot = message
    } else {
      if (message.type === 'size') this.#emulator.resize(message.cols, message.rows)
      this.messages.push(message)
    }
  }

  #receiveBinary(data) {
    if (this.hello === null) this.faults.push('bytes before hello')
    const snapshot = this.#awaitingSnapshot
    if (snapshot !== null) {
      this.#awaitingSnapshot = null
      if (data.length !== snapshot.bytes) this.faults.push(`a snapshot of ${data.length} bytes that was announced with ${snapshot.bytes}`)
      this.snapshots.push({ ...snapshot, data })
      this.#emulator.reset()
      this.#emulator.write(data)
      this.next = snapshot.offset
      this.start = snapshot.offset
      this.#chunks = []
      return
    }
    const offset = Number(data.readBigUInt64BE(0))
    const bytes = data.subarray(OFFSET_BYTES)
    if (bytes.length === 0) this.faults.push(`an empty frame at ${offset}`)
    if (this.next !== null && offset !== this.next) this.faults.push(`a frame at ${offset} where ${this.next} was due`)
    this.start ??= offset
    this.next = offset + bytes.length
    this.#chunks.push(bytes)
    this.#emulator.write(bytes)
    if (this.#acking && this.socket.readyState === WebSocket.OPEN) this.tell({ type: 'ack', offset: this.next })
  }
}

/** Tries to connect without any of the help above: `{status, body}` of a refusal before the upgrade, or `{code}` of a close. */
export async function attempt(url, { protocols = SUBPROTOCOL, ...options } = {}) {
  const socket = new WebSocket(url, protocols, options)
  const outcome = await new Promise((resolve) => {
    socket.on('unexpected-response', (_request, response) => {
      let body = ''
      response.on('data', (text) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode, body }))
    })
    socket.on('message', (data, isBinary) => !isBinary && JSON.parse(data).type === 'hello' && resolve({ hello: JSON.parse(data) }))
    socket.on('close', (code) => resolve({ code }))
    socket.on('error', () => undefined)
  })
  socket.terminate()
  return outcome
}
