// Reads a recording, asciicast v3, as it arrives: text goes in in any pieces, events come out. What a later version may add is passed over;
// a line that is torn, because the server was killed while it wrote it, costs that line and nothing else.
// https://docs.asciinema.org/manual/asciicast/v3/
import { isRecord, numberOf, parseJson, stringOf } from '../../api/json'
import type { Size } from '../terminal/protocol'

export interface CastHeader {
  size: Size
  /** When it began, in milliseconds since 1970; `null` where the recording does not say. */
  startedAt: number | null
  title: string | null
}

/** Something that happened `at` so many seconds after the recording began. */
export type CastEvent =
  | { kind: 'output'; at: number; text: string }
  | { kind: 'resize'; at: number; size: Size }
  | { kind: 'marker'; at: number; label: string }
  | { kind: 'exit'; at: number; status: string }

export interface Cast {
  header: CastHeader
  /** In the order of their times. */
  events: readonly CastEvent[]
  /** How many lines could not be read. */
  damaged: number
}

/** Why a text is no recording that can be replayed here, in words for people. */
export class CastError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CastError'
  }
}

/** More characters than this are not taken into the page; the server keeps less than half of it. */
const MOST_CHARACTERS = 100_000_000
/** What the server lets a terminal be; a larger one is not drawn. */
const LARGEST_SIDE = 1000
/** xterm.js draws none that is narrower. */
const FEWEST_COLUMNS = 2
const USUAL_SIZE: Size = { cols: 80, rows: 24 }

export class CastReader {
  readonly #events: CastEvent[] = []
  #header: CastHeader | null = null
  /** The beginning of a line whose end has not come yet. */
  #begun: string[] = []
  #characters = 0
  #at = 0
  #damaged = 0

  read(text: string): void {
    this.#characters += text.length
    if (this.#characters > MOST_CHARACTERS) throw new CastError('This recording is too long to be replayed in a browser. Download it, and play it with asciinema.')
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.#line(this.#begun.join('') + text.slice(from, end))
      this.#begun = []
      from = end + 1
    }
    if (from < text.length) this.#begun.push(text.slice(from))
  }

  /** Nothing comes any more. */
  end(): Cast {
    const torn = this.#begun.join('')
    this.#begun = []
    // Whoever reads while it is being written sees half of the newest line: no damage.
    if (torn !== '' && parseJson(torn) !== undefined) this.#line(torn)
    if (this.#header === null) throw new CastError('The recording is empty.')
    return { header: this.#header, events: this.#events, damaged: this.#damaged }
  }

  #line(line: string): void {
    if (line.trim() === '' || line.startsWith('#')) return
    const value = parseJson(line)
    if (this.#header === null) this.#header = readHeader(value)
    else if (!this.#event(value)) this.#damaged += 1
  }

  /** Whether it was an event, be it one of a kind that nothing is known of. */
  #event(value: unknown): boolean {
    if (!Array.isArray(value)) return false
    const [interval, code, data]: unknown[] = value
    const seconds = numberOf(interval)
    if (seconds === null || typeof code !== 'string' || typeof data !== 'string') return false
    this.#at += Math.max(0, seconds)
    const at = this.#at
    if (code === 'o') this.#events.push({ kind: 'output', at, text: data })
    else if (code === 'm') this.#events.push({ kind: 'marker', at, label: data })
    else if (code === 'x') this.#events.push({ kind: 'exit', at, status: data })
    else if (code === 'r') {
      const size = readSize(data)
      if (size === null) return false
      this.#events.push({ kind: 'resize', at, size })
    }
    return true
  }
}

/** Reads the whole of an answer's body; `onProgress` is told how many bytes have come. */
export async function readCast(body: ReadableStream<Uint8Array>, onProgress: (bytes: number) => void): Promise<Cast> {
  const cast = new CastReader()
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let bytes = 0
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      cast.read(decoder.decode(piece.value, { stream: true }))
      bytes += piece.value.length
      onProgress(bytes)
    }
  } finally {
    // What nobody reads any more need not be sent; after the end this does nothing.
    reader.cancel().catch(() => undefined)
  }
  cast.read(decoder.decode())
  return cast.end()
}

function readHeader(value: unknown): CastHeader {
  if (!isRecord(value) || value['version'] !== 3) {
    throw new CastError('This is no recording that can be replayed here: it is not in the format asciicast v3.')
  }
  const terminal = isRecord(value['term']) ? value['term'] : {}
  const timestamp = numberOf(value['timestamp'])
  return {
    size: within(numberOf(terminal['cols']), numberOf(terminal['rows'])) ?? USUAL_SIZE,
    startedAt: timestamp === null ? null : timestamp * 1000,
    title: stringOf(value['title']),
  }
}

function readSize(text: string): Size | null {
  const [, cols, rows] = /^(\d{1,5})x(\d{1,5})$/.exec(text) ?? []
  return cols === undefined || rows === undefined ? null : within(Number(cols), Number(rows))
}

/** The size, as far as it can be drawn. */
function within(cols: number | null, rows: number | null): Size | null {
  if (cols === null || rows === null || cols < 1 || rows < 1) return null
  return {
    cols: Math.min(LARGEST_SIDE, Math.max(FEWEST_COLUMNS, Math.floor(cols))),
    rows: Math.min(LARGEST_SIDE, Math.floor(rows)),
  }
}
