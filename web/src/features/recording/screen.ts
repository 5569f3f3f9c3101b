// The screen of a replay: xterm.js, as a terminal of this page looks, that nobody can type into. Its size is the recording's, its letters are as
// large as the room allows.
import type { TerminalPreferences } from '../terminal/preferences'
import { TerminalEngine, lettersLoaded } from '../terminal/engine'
import type { Size } from '../terminal/protocol'
import { shortcutOf } from '../terminal/shortcuts'
import type { TerminalTheme } from '../terminal/themes'
import { scrollByTouch } from '../terminal/touchScroll'
import type { Screen } from './player'

/** No larger than this are the letters drawn, as a part of the chosen size. */
const LARGEST_SCALE = 2
/** How much smaller they are tried where rounding made them a little too large. */
const STEP = 0.98
const MOST_STEPS = 8
/** Room for the bar beside the screen, in CSS pixels. */
const SCROLLBAR_PIXELS = 12
/** Between the screen's frame and the end of its room. */
const MARGIN_PIXELS = 8

export class ReplayScreen implements Screen {
  readonly #engine: TerminalEngine
  readonly #listening = new AbortController()
  /** As large as the screen, in the middle of its room. */
  readonly #stage = document.createElement('div')
  #preferences: TerminalPreferences
  #size: Size
  #frame: number | null = null

  constructor(size: Size, looks: { preferences: TerminalPreferences; theme: TerminalTheme }, onCopy: (text: string) => void) {
    const ignore = (): void => undefined
    this.#size = size
    this.#preferences = looks.preferences
    this.#engine = new TerminalEngine(looks.preferences, looks.theme, {
      input: ignore,
      binary: ignore,
      title: ignore,
      bell: ignore,
      selection: ignore,
      // A program that copies in a recording did so long ago.
      copyRequest: ignore,
      shortcut: ignore,
      found: ignore,
      mayAnswer: () => false,
    })
    this.#engine.terminal.options.disableStdin = true
    this.#engine.terminal.options.cursorBlink = false
    // No key is the program's here: Tab leads on, and what the browser does with a key it does.
    this.#engine.terminal.attachCustomKeyEventHandler((event) => {
      if (shortcutOf(event) === 'copy') {
        event.preventDefault()
        if (event.type === 'keydown') onCopy(this.#engine.terminal.getSelection())
      }
      return false
    })
  }

  /** Draws into `room`, once the letters are there. Answers whether that is still wanted then. */
  async mount(room: HTMLElement): Promise<boolean> {
    await lettersLoaded(this.#preferences.fontSize)
    const { signal } = this.#listening
    if (signal.aborted) return false
    this.#stage.className = 'shrink-0 outline outline-line outline-offset-4'
    room.append(this.#stage)
    this.#engine.mount(this.#stage, this.#preferences.renderer)
    const observer = new ResizeObserver(() => this.#fitSoon())
    observer.observe(room)
    signal.addEventListener('abort', () => observer.disconnect())
    scrollByTouch(room, (pixels, at) => this.#engine.scroll(pixels, at), signal)
    this.#fit()
    return true
  }

  clear(size: Size): void {
    this.#engine.terminal.reset()
    this.resize(size)
  }

  resize(size: Size): void {
    this.#size = size
    this.#fit()
  }

  write(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#engine.write(text, 'history', resolve)
    })
  }

  apply(preferences: TerminalPreferences, theme: TerminalTheme): void {
    this.#preferences = preferences
    this.#engine.apply(preferences, theme)
    this.#fit()
  }

  dispose(): void {
    this.#listening.abort()
    if (this.#frame !== null) cancelAnimationFrame(this.#frame)
    this.#engine.dispose()
    this.#stage.remove()
  }

  #fitSoon(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null
      this.#fit()
    })
  }

  /** Letters as large as the room allows for the recording's size, and the stage as large as they make the screen. */
  #fit(): void {
    const room = this.#stage.parentElement
    const screen = this.#engine.terminal.element?.querySelector<HTMLElement>('.xterm-screen')
    if (room === null || screen == null) {
      this.#engine.draw(this.#size, this.#engine.scale())
      return
    }
    const [width, height] = [room.clientWidth - 2 * MARGIN_PIXELS - SCROLLBAR_PIXELS, room.clientHeight - 2 * MARGIN_PIXELS]
    let scale = this.#engine.scale()
    for (let step = 0; step < MOST_STEPS; step += 1) {
      this.#engine.draw(this.#size, scale)
      // In no room at all, as in a tab that is not shown.
      if (screen.offsetWidth === 0 || width <= 0 || height <= 0) return
      const grows = Math.min(width / screen.offsetWidth, height / screen.offsetHeight)
      // At first to what must be about right, then only down, until all of it can be seen.
      if (step > 0 && grows >= 1) break
      scale = step === 0 ? Math.min(LARGEST_SCALE, scale * grows) : scale * STEP
    }
    this.#stage.style.width = `${screen.offsetWidth + SCROLLBAR_PIXELS}px`
    this.#stage.style.height = `${screen.offsetHeight}px`
  }
}
