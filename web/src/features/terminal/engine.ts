// xterm.js behind a small face: what the terminal view needs of it, and the rules we add (who may answer questions,
// which links open, what may reach the clipboard). It knows neither React nor the connection.
import { FitAddon } from '@xterm/addon-fit'
import { SearchAddon } from '@xterm/addon-search'
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes'
import { WebLinksAddon } from '@xterm/addon-web-links'
import { Terminal } from '@xterm/xterm'
import { drawWithGpu } from './gpuPool'
import { readOsc52 } from './osc52'
import { WholeCharacters } from './characters'
import { PredictedEcho } from './predictedEcho'
import type { TerminalPreferences } from './preferences'
import type { Size } from './protocol'
import { guardReplies } from './replies'
import { shortcutOf } from './shortcuts'
import type { Shortcut } from './shortcuts'
import { xtermTheme } from './themes'
import type { TerminalTheme } from './themes'
import '@xterm/xterm/css/xterm.css'

export interface EngineEvents {
  input: (text: string) => void
  /** Raw bytes that some mouse reports consist of. */
  binary: (bytes: Uint8Array<ArrayBuffer>) => void
  title: (title: string) => void
  bell: () => void
  selection: (text: string) => void
  copyRequest: (text: string) => void
  shortcut: (shortcut: Shortcut) => void
  found: (index: number, count: number) => void
  mayAnswer: () => boolean
}

const SCROLLBACK_LINES = 10_000
const SMALLEST_FONT = 4
const SCROLLBAR_PIXELS = 10
const FONT_FAMILY = "'JetBrains Mono Variable', ui-monospace, 'SFMono-Regular', 'DejaVu Sans Mono', Menlo, Consolas, monospace"

const SEARCH_COLORS = {
  matchBackground: '#8a6a2a',
  matchOverviewRuler: '#c79a3f',
  activeMatchBackground: '#d9772f',
  activeMatchColorOverviewRuler: '#f2894b',
}

export class TerminalEngine {
  readonly terminal: Terminal
  readonly #fit = new FitAddon()
  readonly #search = new SearchAddon({ highlightLimit: 2000 })
  /** For each write under way, in order, whether it is history. The first one is what is being parsed. */
  readonly #characters = new WholeCharacters()
  readonly #parsing: boolean[] = []
  readonly #echo: PredictedEcho
  #releaseGpu: () => void = () => undefined
  #fontSize: number
  /** Part of a line that a finger has moved and the screen not yet, in lines. */
  #unscrolled = 0

  constructor(preferences: TerminalPreferences, theme: TerminalTheme, events: EngineEvents) {
    this.#fontSize = preferences.fontSize
    this.terminal = new Terminal({
      allowProposedApi: true,
      cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      cursorInactiveStyle: 'outline',
      fontFamily: FONT_FAMILY,
      fontSize: preferences.fontSize,
      lineHeight: 1,
      letterSpacing: 0,
      macOptionIsMeta: true,
      overviewRuler: { width: SCROLLBAR_PIXELS },
      minimumContrastRatio: 3,
      rightClickSelectsWord: false,
      scrollback: SCROLLBACK_LINES,
      screenReaderMode: preferences.screenReader,
      theme: xtermTheme(theme),
      linkHandler: { activate: (_event, uri) => openLink(uri) },
    })
    this.terminal.loadAddon(this.#fit)
    this.terminal.loadAddon(this.#search)
    this.terminal.loadAddon(new UnicodeGraphemesAddon())
    this.terminal.loadAddon(new WebLinksAddon((_event, uri) => openLink(uri)))
    this.#echo = new PredictedEcho(this.terminal)
    this.#wire(events)
  }

  mount(element: HTMLElement, renderer: TerminalPreferences['renderer']): void {
    this.terminal.open(element)
    if (renderer === 'auto') this.#releaseGpu = drawWithGpu(this.terminal)
  }

  dispose(): void {
    this.#releaseGpu()
    this.#echo.dispose()
    this.terminal.dispose()
  }

  write(bytes: Uint8Array | string, origin: 'live' | 'history', done: () => void): void {
    this.#parsing.push(origin === 'history')
    this.terminal.write(typeof bytes === 'string' ? bytes : this.#characters.take(bytes), () => {
      this.#parsing.shift()
      done()
    })
  }

  /** What a person typed, and has been sent, is shown before its echo comes, where that is sure to be right. */
  predict(text: string): void {
    this.#echo.typed(text)
  }

  forgetPredictions(): void {
    this.#echo.forget()
  }

  reset(): void {
    this.#echo.forget()
    this.#characters.forget()
    // In the queue like every other write, so that bytes handed over earlier cannot land after it.
    this.terminal.write('\u001bc')
  }

  /** What would fill the element at the chosen font size. */
  fits(scale: number): Size | null {
    const proposed = this.#fit.proposeDimensions()
    if (proposed === undefined || !Number.isFinite(proposed.cols) || !Number.isFinite(proposed.rows)) return null
    // While the letters are scaled down more of them fit; the answer is for the chosen size.
    return { cols: Math.max(2, Math.floor(proposed.cols * scale)), rows: Math.max(1, Math.floor(proposed.rows * scale)) }
  }

  draw(size: Size, scale: number): void {
    const fontSize = Math.max(SMALLEST_FONT, Math.floor(this.#fontSize * scale * 4) / 4)
    if (this.terminal.options.fontSize !== fontSize) this.terminal.options.fontSize = fontSize
    if (this.terminal.cols !== size.cols || this.terminal.rows !== size.rows) this.terminal.resize(size.cols, size.rows)
  }

  /** How much smaller than chosen the letters are drawn right now. */
  scale(): number {
    return (this.terminal.options.fontSize ?? this.#fontSize) / this.#fontSize
  }

  apply(preferences: TerminalPreferences, theme: TerminalTheme): void {
    this.#fontSize = preferences.fontSize
    this.terminal.options.fontSize = preferences.fontSize
    this.terminal.options.screenReaderMode = preferences.screenReader
    this.terminal.options.theme = xtermTheme(theme)
  }

  find(text: string, direction: 'next' | 'previous', how: 'typing' | 'stepping'): void {
    const options = { decorations: SEARCH_COLORS, incremental: how === 'typing' }
    if (direction === 'next') this.#search.findNext(text, options)
    else this.#search.findPrevious(text, options)
  }

  /** Scrolls by so many CSS pixels; a full-screen program, or one that reads the mouse, is sent the wheel instead. */
  scroll(pixels: number, at: { clientX: number; clientY: number }): void {
    const screen = this.terminal.element?.querySelector('.xterm-screen')
    if (screen == null) return
    if (this.terminal.buffer.active.type === 'alternate' || this.terminal.modes.mouseTrackingMode !== 'none') {
      screen.dispatchEvent(new WheelEvent('wheel', { deltaY: pixels, ...at, bubbles: true, cancelable: true }))
      return
    }
    this.#unscrolled += pixels / (screen.clientHeight / this.terminal.rows)
    const lines = Math.trunc(this.#unscrolled)
    this.#unscrolled -= lines
    if (lines !== 0) this.terminal.scrollLines(lines)
  }

  endSearch(): void {
    this.#search.clearDecorations()
    this.terminal.clearSelection()
  }

  #wire(events: EngineEvents): void {
    const { terminal } = this
    terminal.onData(events.input)
    terminal.onBinary((data) => events.binary(Uint8Array.from(data, (character) => character.charCodeAt(0) & 0xff)))
    terminal.onTitleChange(events.title)
    terminal.onBell(events.bell)
    terminal.onSelectionChange(() => events.selection(terminal.getSelection()))
    this.#search.onDidChangeResults(({ resultIndex, resultCount }) => events.found(resultIndex, resultCount))
    guardReplies(terminal, () => this.#parsing[0] !== true && events.mayAnswer())
    terminal.parser.registerOscHandler(52, (data) => {
      const text = this.#parsing[0] === true ? null : readOsc52(data)
      if (text !== null) events.copyRequest(text)
      return true
    })
    terminal.attachCustomKeyEventHandler((event) => {
      const shortcut = shortcutOf(event)
      if (shortcut === null) return true
      event.preventDefault()
      event.stopPropagation()
      if (event.type === 'keydown') events.shortcut(shortcut)
      return false
    })
  }
}

/** Resolves when the letters of the terminal are there. They are measured once, so nothing is drawn before. */
export async function lettersLoaded(fontSize: number): Promise<void> {
  await Promise.all(['400', '700'].map((weight) => document.fonts.load(`${weight} ${fontSize}px ${FONT_FAMILY}`))).catch(() => [])
}

/** Only web addresses leave the page, and the page they open learns nothing of ours. */
function openLink(uri: string): void {
  if (!URL.canParse(uri)) return
  const { protocol } = new URL(uri)
  if (protocol === 'https:' || protocol === 'http:') window.open(uri, '_blank', 'noopener,noreferrer')
}
