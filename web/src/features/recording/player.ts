// Plays a recording on a screen: keeps the time, and brings the screen to what it showed then. It knows neither React nor xterm.js nor the
// browser's clock.
//
//            play                 the end
//   paused ───────▶ playing ───────────────▶ ended
//      ▲  ◀───────     ▲                      │  │
//      │     pause     └──── play: from the ──┘  │
//      └──────────────────── beginning    seek ──┘
import type { Size } from '../terminal/protocol'
import { LONGEST_PAUSE, paceOf } from './pace'
import type { Pace } from './pace'
import type { Timeline } from './timeline'

/** What is drawn on. Nothing else is asked of it while a write is under way. */
export interface Screen {
  /** Nothing is on it any more, and it has this size. */
  clear: (size: Size) => void
  resize: (size: Size) => void
  /** Resolves when the text has been taken in. */
  write: (text: string) => Promise<void>
}

export interface PlayerWorld {
  /** Milliseconds, from any beginning. */
  now: () => number
  /** Calls back when the browser draws next; answers how to call it off. */
  nextFrame: (call: () => void) => () => void
}

export const SPEEDS = [0.5, 1, 2, 4, 8, 16] as const
export type Speed = (typeof SPEEDS)[number]
export type Pauses = 'whole' | 'shortened'

export interface PlayerView {
  state: 'paused' | 'playing' | 'ended'
  /** The moment that is shown, in seconds since the recording began. */
  at: number
  /** The same, and the length of all, as long pauses let them be. */
  shown: number
  total: number
  speed: Speed
  pauses: Pauses
}

/** As much is written before somebody may change their mind about where to go. */
const SLICE_CHARACTERS = 256 * 1024
/** More than this does not pass between two frames: a page that was hidden goes on where it was. */
const LONGEST_FRAME_MS = 250

export class Player {
  readonly #timeline: Timeline
  readonly #screen: Screen
  readonly #world: PlayerWorld
  readonly #listeners = new Set<() => void>()
  readonly #paces: Record<Pauses, Pace>
  #view: PlayerView
  /** How many events the screen has seen; `null` before anything was drawn. */
  #drawn: number | null = null
  #drawing: Promise<void> | null = null
  #cancelFrame: () => void = () => undefined
  #last = 0
  #disposed = false

  constructor(timeline: Timeline, screen: Screen, world: PlayerWorld, start: { at: number; speed: Speed; pauses: Pauses }) {
    this.#timeline = timeline
    this.#screen = screen
    this.#world = world
    this.#paces = { whole: paceOf(timeline.events, Infinity), shortened: paceOf(timeline.events, LONGEST_PAUSE) }
    const at = Math.min(timeline.duration, Math.max(0, start.at))
    this.#view = { state: 'paused', speed: start.speed, pauses: start.pauses, ...this.#timesOf(at, start.pauses) }
    this.#draw()
  }

  readonly view = (): PlayerView => this.#view

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get pace(): Pace {
    return this.#paces[this.#view.pauses]
  }

  play(): void {
    if (this.#view.state === 'playing' || this.#disposed) return
    if (this.#view.state === 'ended') this.#go(0)
    this.#publish({ state: 'playing' })
    this.#last = this.#world.now()
    this.#cancelFrame = this.#world.nextFrame(this.#tick)
  }

  pause(): void {
    if (this.#view.state !== 'playing') return
    this.#cancelFrame()
    this.#publish({ state: 'paused' })
  }

  toggle(): void {
    if (this.#view.state === 'playing') this.pause()
    else this.play()
  }

  /** Goes to a moment of the recording. */
  seek(at: number): void {
    this.#go(at)
    if (this.#view.state === 'ended' && at < this.#timeline.duration) this.#publish({ state: 'paused' })
  }

  /** Goes to a moment of the time that is shown. */
  seekShown(shown: number): void {
    this.seek(this.pace.recordedAt(Math.max(0, shown)))
  }

  /** Goes so many seconds on, or back. */
  move(seconds: number): void {
    this.seekShown(this.#view.shown + seconds)
  }

  setSpeed(speed: Speed): void {
    this.#publish({ speed })
  }

  setPauses(pauses: Pauses): void {
    this.#publish({ pauses, ...this.#timesOf(this.#view.at, pauses) })
  }

  /** Resolves when the screen shows the present moment. */
  async settled(): Promise<void> {
    while (this.#drawing !== null) await this.#drawing
  }

  dispose(): void {
    this.#disposed = true
    this.#cancelFrame()
    this.#listeners.clear()
  }

  readonly #tick = (): void => {
    const now = this.#world.now()
    const passed = Math.min(LONGEST_FRAME_MS, now - this.#last) / 1000
    this.#last = now
    // A screen that is behind holds the clock, rather than being left further behind.
    if (this.#drawing === null) this.#go(Math.max(this.#view.at, this.pace.recordedAt(this.#view.shown + passed * this.#view.speed)))
    if (this.#view.at >= this.#timeline.duration) this.#publish({ state: 'ended' })
    else this.#cancelFrame = this.#world.nextFrame(this.#tick)
  }

  #go(at: number): void {
    this.#publish(this.#timesOf(Math.min(this.#timeline.duration, Math.max(0, at)), this.#view.pauses))
    this.#draw()
  }

  #timesOf(at: number, pauses: Pauses): Pick<PlayerView, 'at' | 'shown' | 'total'> {
    const pace = this.#paces[pauses]
    return { at, shown: pace.shownAt(at), total: pace.total }
  }

  /** Brings the screen to the present moment; while it is at it, to whatever that has become. */
  #draw(): void {
    if (this.#drawing !== null || this.#isThere()) return
    this.#drawing = this.#catchUp().finally(() => {
      this.#drawing = null
      // Somebody may have gone elsewhere after the last look and before this.
      this.#draw()
    })
  }

  /** Whether nothing is left to draw. */
  #isThere(): boolean {
    return this.#disposed || this.#drawn === this.#timeline.countAt(this.#view.at)
  }

  async #catchUp(): Promise<void> {
    while (!this.#isThere()) {
      const wanted = this.#timeline.countAt(this.#view.at)
      await this.#advance(this.#beginFor(wanted), wanted)
    }
  }

  /** From which event on the screen has to be drawn, cleared where that is not simply the next one. */
  #beginFor(wanted: number): number {
    const frame = this.#timeline.keyFrameFor(wanted)
    if (this.#drawn !== null && frame.index <= this.#drawn && this.#drawn <= wanted) return this.#drawn
    this.#screen.clear(frame.size)
    return frame.index
  }

  /** Draws the events from `from` on, up to `until` or as far as one slice goes. */
  async #advance(from: number, until: number): Promise<void> {
    const { events } = this.#timeline
    const texts: string[] = []
    let characters = 0
    let next = from
    for (; next < until && characters < SLICE_CHARACTERS; next += 1) {
      const event = events[next]
      if (event?.kind === 'output') {
        texts.push(event.text)
        characters += event.text.length
      } else if (event?.kind === 'resize') {
        // What was written before it is laid out in the old size.
        if (texts.length > 0) break
        this.#screen.resize(event.size)
      }
    }
    if (texts.length > 0) await this.#screen.write(texts.join(''))
    this.#drawn = next
  }

  #publish(change: Partial<PlayerView>): void {
    this.#view = { ...this.#view, ...change }
    for (const listener of this.#listeners) listener()
  }
}
