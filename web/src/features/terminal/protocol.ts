// The client's side of `longhouse.terminal.v1` as a pure state machine: frames in, effects out. It knows neither the
// socket, nor the clock, nor xterm.js. Its promise: every byte of the stream reaches the terminal exactly once and in
// order, or the terminal is reset and repainted from a snapshot.
//
//            hello                    snapshot (text)              its binary frame
//   Greeting ─────► Streaming ───────────────────────► Painting ───────────────────► Streaming
//                      │ ▲ bytes at `next`
//                      └─┘                
//   A connection that drops goes back to Greeting and keeps `next`, so the stream continues at that byte.
import { isRecord, numberOf, parseJson, stringOf } from '../../api/json'

export const SUBPROTOCOL = 'longhouse.terminal.v1'
/** How many unacknowledged bytes the server may have under way to us. */
export const WINDOW_BYTES = 1024 * 1024
/** Acknowledge at the latest after this many parsed bytes. */
const ACK_EVERY_BYTES = WINDOW_BYTES / 32
/** Every output frame begins with the big-endian stream offset of its first byte. */
const HEADER_BYTES = 8

export type AccessMode = 'read' | 'write'

export interface Size {
  cols: number
  rows: number
}

export interface Viewer {
  id: string
  name: string
  mode: AccessMode
  /** Whether it is this very connection. */
  you: boolean
}

export interface StreamState {
  readonly phase: 'greeting' | 'streaming' | 'painting'
  /** Stream offset of the next byte that the terminal lacks; `null` while it shows nothing of the stream. */
  readonly next: number | null
  /** Where the stream stood when this connection began: what comes before it is history, which nobody must answer. */
  readonly liveFrom: number
  /** The snapshot whose frame is due, while painting. */
  readonly snapshot: { readonly offset: number; readonly bytes: number } | null
  /** The last offset that was acknowledged on this connection. */
  readonly acked: number
}

export type Frame = { kind: 'text'; text: string } | { kind: 'binary'; bytes: Uint8Array }

export type Effect =
  /** Empty the terminal: what follows repaints it. */
  | { type: 'reset' }
  /** Hand to the terminal; report `end` back by `parsed` once it has gone through the parser. */
  | { type: 'write'; bytes: Uint8Array; end: number; replay: boolean }
  | { type: 'hello'; mode: AccessMode }
  | { type: 'size'; size: Size }
  | { type: 'exit'; code: number | null }
  | { type: 'presence'; viewers: Viewer[] }
  | { type: 'serverError'; code: string }
  | { type: 'pong' }
  /** The server broke the protocol; drop the connection. `resume` says whether `next` can still be trusted. */
  | { type: 'fault'; reason: string; resume: 'fromNext' | 'fromSnapshot' }

export interface Step {
  state: StreamState
  effects: Effect[]
}

export const initialState: StreamState = { phase: 'greeting', next: null, liveFrom: 0, snapshot: null, acked: 0 }

/** A new connection is about to be opened. Keeps the position and nothing else. */
export function beginConnection(state: StreamState, resume: 'fromNext' | 'fromSnapshot'): StreamState {
  return { ...initialState, next: resume === 'fromNext' ? state.next : null }
}

/** The query string of a connection. */
export function connectionQuery(state: StreamState, mode: AccessMode): string {
  const query = new URLSearchParams({ window: String(WINDOW_BYTES), mode })
  if (state.next !== null) query.set('from', String(state.next))
  return query.toString()
}

export function receive(state: StreamState, frame: Frame): Step {
  return frame.kind === 'text' ? receiveText(state, frame.text) : receiveBinary(state, frame.bytes)
}

/** The terminal has parsed everything before `end`. Answers the offset to acknowledge, if one is due. */
export function parsed(state: StreamState, end: number): { state: StreamState; ack: number | null } {
  // A late report from before a reset may name an offset that this stream has not reached: never acknowledge it.
  if (state.next === null || end > state.next) return { state, ack: null }
  const caughtUp = end === state.next
  const due = end - state.acked >= ACK_EVERY_BYTES || (caughtUp && end > state.acked)
  return due ? { state: { ...state, acked: end }, ack: end } : { state, ack: null }
}

function receiveText(state: StreamState, text: string): Step {
  const message = parseJson(text)
  if (!isRecord(message)) return fault(state, 'text that is no JSON object')
  switch (message['type']) {
    case 'hello':
      return receiveHello(state, message)
    case 'snapshot':
      return receiveSnapshot(state, message)
    case 'size': {
      const size = readSize(message)
      return size === null ? fault(state, 'a size without numbers') : step(state, [{ type: 'size', size }])
    }
    case 'exit':
      return step(state, [{ type: 'exit', code: numberOf(message['code']) }])
    case 'presence':
      return step(state, [{ type: 'presence', viewers: readViewers(message['viewers']) }])
    case 'error':
      return step(state, [{ type: 'serverError', code: stringOf(message['code']) ?? 'unknown' }])
    case 'pong':
      return step(state, [{ type: 'pong' }])
    default:
      // A newer server may say more; what is unknown is not for us.
      return step(state, [])
  }
}

function receiveHello(state: StreamState, message: Record<string, unknown>): Step {
  const offset = offsetOf(message['offset'])
  if (state.phase !== 'greeting' || offset === null) return fault(state, 'an unexpected hello')
  // A stream that ends before our position is another stream: our position means nothing in it.
  const next = state.next !== null && offset < state.next ? null : state.next
  const size = readSize(message)
  const effects: Effect[] = [{ type: 'hello', mode: message['mode'] === 'write' ? 'write' : 'read' }]
  if (size !== null) effects.push({ type: 'size', size })
  return step({ ...state, phase: 'streaming', next, liveFrom: offset, acked: next ?? 0 }, effects)
}

function receiveSnapshot(state: StreamState, message: Record<string, unknown>): Step {
  const offset = offsetOf(message['offset'])
  const bytes = offsetOf(message['bytes'])
  if (state.phase !== 'streaming' || offset === null || bytes === null) return fault(state, 'an unexpected snapshot')
  return step({ ...state, phase: 'painting', snapshot: { offset, bytes } }, [])
}

function receiveBinary(state: StreamState, bytes: Uint8Array): Step {
  if (state.phase === 'greeting') return fault(state, 'bytes before hello')
  if (state.snapshot !== null) return paint(state, state.snapshot, bytes)
  const start = readOffset(bytes)
  if (start === null) return fault(state, 'a frame without an offset')
  return append(state, start, bytes.subarray(HEADER_BYTES))
}

function paint(state: StreamState, snapshot: { offset: number; bytes: number }, bytes: Uint8Array): Step {
  if (bytes.length !== snapshot.bytes) return fault(state, 'a snapshot of the wrong length')
  const painted: StreamState = {
    ...state,
    phase: 'streaming',
    snapshot: null,
    next: snapshot.offset,
    // Acknowledgements go on from here; the snapshot itself is acknowledged once it is parsed.
    acked: Math.min(state.acked, Math.max(snapshot.offset - 1, 0)),
  }
  return step(painted, [{ type: 'reset' }, { type: 'write', bytes, end: snapshot.offset, replay: true }])
}

function append(state: StreamState, start: number, bytes: Uint8Array): Step {
  const end = start + bytes.length
  if (state.next === null) {
    const joined: StreamState = { ...state, next: end, acked: start }
    return step(joined, [{ type: 'reset' }, { type: 'write', bytes, end, replay: end <= state.liveFrom }])
  }
  if (start > state.next) return fault(state, 'a gap in the stream', 'fromNext')
  if (end <= state.next) return step(state, [])
  const fresh = bytes.subarray(state.next - start)
  return step({ ...state, next: end }, [{ type: 'write', bytes: fresh, end, replay: end <= state.liveFrom }])
}

function fault(state: StreamState, reason: string, resume: 'fromNext' | 'fromSnapshot' = 'fromSnapshot'): Step {
  return { state, effects: [{ type: 'fault', reason, resume }] }
}

function step(state: StreamState, effects: Effect[]): Step {
  return { state, effects }
}

function readOffset(bytes: Uint8Array): number | null {
  if (bytes.length < HEADER_BYTES) return null
  const offset = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES).getBigUint64(0)
  return offset <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(offset) : null
}

function offsetOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
}

function readSize(message: Record<string, unknown>): Size | null {
  const cols = offsetOf(message['cols'])
  const rows = offsetOf(message['rows'])
  return cols === null || rows === null || cols === 0 || rows === 0 ? null : { cols, rows }
}

function readViewers(value: unknown): Viewer[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((item: unknown, index): Viewer[] => {
    if (!isRecord(item)) return []
    const name = stringOf(item['username']) ?? 'somebody'
    const mode = item['mode'] === 'write' ? 'write' : 'read'
    const id = stringOf(item['id']) ?? numberOf(item['id']) ?? index
    return [{ id: String(id), name, mode, you: item['you'] === true }]
  })
}
