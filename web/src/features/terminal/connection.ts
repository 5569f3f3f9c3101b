// Keeps one terminal connected: opens the WebSocket, feeds its frames through the protocol, reconnects with backoff, and
// says what state it is in. It knows nothing of React or xterm.js; the outside world comes in by `ConnectionWorld`.
//
//   connecting ──hello──► online ──lost──► waiting ──time, network back──► connecting
//        └───────────────────┴── no right, no terminal, closed by us ──► stopped
import { backoffDelay } from './backoff'
import { afterClose } from './closing'
import { SUBPROTOCOL, beginConnection, connectionQuery, initialState, parsed, receive } from './protocol'
import type { AccessMode, Effect, Frame, Size, StreamState } from './protocol'

export type ConnectionStatus =
  | { kind: 'connecting' }
  | { kind: 'online' }
  /** `until` in milliseconds of the world's clock. */
  | { kind: 'waiting'; until: number; why: string }
  | { kind: 'stopped'; why: string }

export interface SocketEvents {
  open: () => void
  frame: (frame: Frame) => void
  closed: (code: number) => void
}

export interface Socket {
  sendText: (text: string) => void
  sendBytes: (bytes: Uint8Array<ArrayBuffer>) => void
  /** Bytes handed over and not yet sent. */
  buffered: () => number
  close: () => void
}

export interface ConnectionWorld {
  connect: (query: string, protocol: string, events: SocketEvents) => Socket
  /** Makes sure that the login is fresh; false when nobody is logged in any more. */
  authenticate: (force: 'renew' | 'ifNeeded') => Promise<boolean>
  now: () => number
  random: () => number
  after: (milliseconds: number, call: () => void) => () => void
}

export interface ConnectionEvents {
  status: (status: ConnectionStatus) => void
  effect: (effect: Effect) => void
}

export type SendResult = 'sent' | 'offline' | 'readOnly' | 'full'

/** A silent connection is asked for a sign of life this often, in milliseconds, */
const PING_MS = 15_000
/** and given up when none comes within this time. */
const PONG_MS = 8000
/** Where there is reason to doubt it, because a machine slept or a network came back, it has less. */
const DOUBTED_PONG_MS = 4000
/** An attempt that has not said hello by then is given up. */
const HELLO_MS = 10_000
/** Input is cut into frames of this many bytes, */
const INPUT_FRAME_BYTES = 32 * 1024
/** and refused while more than this waits in the socket. */
const INPUT_BUFFER_BYTES = 4 * 1024 * 1024

const encoder = new TextEncoder()

export class TerminalConnection {
  #stream: StreamState = initialState
  #status: ConnectionStatus = { kind: 'connecting' }
  #socket: Socket | null = null
  /** Grows with every attempt, so that a late call from an old socket is known as such. */
  #generation = 0
  #attempt = 0
  #refusals = 0
  #resume: 'fromNext' | 'fromSnapshot' = 'fromNext'
  #granted: AccessMode = 'read'
  #cancelTimer: () => void = () => undefined
  readonly #wanted: AccessMode
  readonly #world: ConnectionWorld
  readonly #events: ConnectionEvents

  constructor(wanted: AccessMode, world: ConnectionWorld, events: ConnectionEvents) {
    this.#wanted = wanted
    this.#world = world
    this.#events = events
  }

  open(): void {
    this.#connect('ifNeeded').catch(() => this.#retry('The server does not answer.'))
  }

  /** Ends the connection for good. */
  close(): void {
    this.#generation += 1
    this.#cancelTimer()
    this.#socket?.close()
    this.#socket = null
    this.#become({ kind: 'stopped', why: '' })
  }

  /** The network came back, the page is looked at again, a person asked: do not wait any longer, and see whether the connection still stands. */
  hurry(): void {
    if (this.#status.kind === 'online') this.#ask(DOUBTED_PONG_MS)
    if (this.#status.kind !== 'waiting') return
    this.#attempt = 0
    this.open()
  }

  /** Start again after `stopped`, or from a fresh snapshot. */
  restart(): void {
    this.#socket?.close()
    this.#attempt = 0
    this.#refusals = 0
    this.#resume = 'fromSnapshot'
    this.open()
  }

  input(text: string): SendResult {
    return this.inputBytes(encoder.encode(text))
  }

  inputBytes(bytes: Uint8Array<ArrayBuffer>): SendResult {
    const socket = this.#socket
    if (socket === null || this.#status.kind !== 'online') return 'offline'
    if (this.#granted === 'read') return 'readOnly'
    if (socket.buffered() + bytes.length > INPUT_BUFFER_BYTES) return 'full'
    for (let start = 0; start < bytes.length; start += INPUT_FRAME_BYTES) {
      socket.sendBytes(bytes.subarray(start, start + INPUT_FRAME_BYTES))
    }
    return 'sent'
  }

  resize(size: Size): SendResult {
    if (this.#granted === 'read') return 'readOnly'
    return this.#say({ type: 'resize', cols: size.cols, rows: size.rows })
  }

  /** The terminal has parsed everything before `end`; belongs to the `write` effect with that end. */
  parsed(end: number): void {
    const { state, ack } = parsed(this.#stream, end)
    this.#stream = state
    if (ack !== null) this.#say({ type: 'ack', offset: ack })
  }

  async #connect(force: 'renew' | 'ifNeeded'): Promise<void> {
    this.#cancelTimer()
    this.#generation += 1
    const generation = this.#generation
    this.#become({ kind: 'connecting' })
    const loggedIn = await this.#world.authenticate(force)
    if (generation !== this.#generation) return
    if (!loggedIn) {
      this.#become({ kind: 'stopped', why: 'You are logged out.' })
      return
    }
    this.#stream = beginConnection(this.#stream, this.#resume)
    this.#resume = 'fromNext'
    const current = (call: () => void): void => {
      if (generation === this.#generation) call()
    }
    this.#socket = this.#world.connect(connectionQuery(this.#stream, this.#wanted), SUBPROTOCOL, {
      open: () => undefined,
      frame: (frame) => current(() => this.#frame(frame)),
      closed: (code) => current(() => this.#closed(code)),
    })
    this.#watch(HELLO_MS, () => this.#drop('The server does not answer.'))
  }

  #frame(frame: Frame): void {
    this.#expectLife()
    const { state, effects } = receive(this.#stream, frame)
    this.#stream = state
    for (const effect of effects) {
      if (effect.type === 'hello') this.#greeted(effect.mode)
      if (effect.type === 'fault') {
        this.#resume = effect.resume
        this.#drop('The stream was damaged.')
        return
      }
      this.#events.effect(effect)
    }
  }

  #greeted(mode: AccessMode): void {
    this.#granted = mode
    this.#attempt = 0
    this.#become({ kind: 'online' })
  }

  #closed(code: number): void {
    this.#socket = null
    const then = afterClose(code, this.#refusals)
    if (then.next === 'renew') {
      this.#connect('renew').catch(() => this.#retry('The server does not answer.'))
    } else if (then.next === 'stop') {
      this.#generation += 1
      this.#cancelTimer()
      this.#become({ kind: 'stopped', why: then.why })
    } else {
      if (code >= 1002 && code <= 1009 && code !== 1006) {
        this.#refusals += 1
        this.#resume = 'fromSnapshot'
      }
      this.#retry(then.why)
    }
  }

  #drop(why: string): void {
    this.#socket?.close()
    this.#retry(why)
  }

  #retry(why: string): void {
    this.#generation += 1
    this.#socket = null
    const delay = backoffDelay(this.#attempt, this.#world.random())
    this.#attempt += 1
    this.#become({ kind: 'waiting', until: this.#world.now() + delay, why })
    this.#watch(delay, () => this.open())
  }

  #expectLife(): void {
    this.#watch(PING_MS, () => this.#ask(PONG_MS))
  }

  /** Asks for a sign of life. */
  #ask(within: number): void {
    this.#say({ type: 'ping' })
    this.#watch(within, () => this.#drop('Connection lost.'))
  }

  #watch(milliseconds: number, call: () => void): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#world.after(milliseconds, call)
  }

  #say(message: object): SendResult {
    if (this.#socket === null || this.#status.kind !== 'online') return 'offline'
    this.#socket.sendText(JSON.stringify(message))
    return 'sent'
  }

  #become(status: ConnectionStatus): void {
    this.#status = status
    this.#events.status(status)
  }
}
