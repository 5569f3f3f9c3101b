// One terminal on the page: joins the connection (bytes), the engine (xterm.js) and the sizing rule, and publishes what
// the view shows. It is no React component, so that a re-render can never lose a byte.
import { browserWorld } from './browserWorld'
import { TerminalConnection } from './connection'
import type { ConnectionStatus, SendResult } from './connection'
import { TerminalEngine, lettersLoaded } from './engine'
import { withModifiers } from './keys'
import type { Modifiers } from './keys'
import { isOccupied } from './occupied'
import { FONT_SIZES, changeTerminalPreferences, terminalPreferences } from './preferences'
import type { TerminalPreferences } from './preferences'
import type { AccessMode, Effect, Viewer } from './protocol'
import type { Shortcut } from './shortcuts'
import { drawn, forgetQuestions, initialSizing, scale, serverSays, takeWheel, windowFits } from './sizing'
import type { Decision, Sizing } from './sizing'
import type { TerminalTheme } from './themes'
import { scrollByTouch } from './touchScroll'

export interface TerminalView {
  status: ConnectionStatus
  mode: AccessMode
  /** Whether anything was painted yet. */
  painted: boolean
  title: string
  viewers: Viewer[]
  /** The program's end, as far as this connection saw it. */
  exit: { code: number | null } | null
  /** Somebody else's size is shown, in smaller letters. */
  following: boolean
  /** Why the last input was refused, and a number that grows with each refusal. */
  refused: { why: Exclude<SendResult, 'sent'>; count: number } | null
  search: { index: number; count: number }
  /** Text that the program wants on the clipboard. */
  copyRequest: string | null
  /** Several lines that a person wants to paste into a program that would run each. */
  pasteRequest: string | null
  modifiers: Modifiers
}

export interface ControllerEvents {
  shortcut: (shortcut: Shortcut) => void
  copied: (text: string) => void
  /** Selected, and to be copied without a word. */
  selected: (text: string) => void
  /** The program ended, or the server sent us away: the session is not what it was. */
  changed: () => void
}

/** A window that is being dragged asks for a size at most this often, in milliseconds. */
const FIT_DELAY_MS = 60
/** A selection that stands this long is meant, in milliseconds. */
const SELECT_DELAY_MS = 250
const NO_MODIFIERS: Modifiers = { ctrl: false, alt: false }

export class TerminalController {
  #view: TerminalView = {
    status: { kind: 'connecting' },
    mode: 'read',
    painted: false,
    title: '',
    viewers: [],
    exit: null,
    following: false,
    refused: null,
    search: { index: -1, count: 0 },
    copyRequest: null,
    pasteRequest: null,
    modifiers: NO_MODIFIERS,
  }
  #sizing: Sizing = initialSizing
  #clipboardAllowed = false
  #fitTimer: ReturnType<typeof setTimeout> | null = null
  #selectTimer: ReturnType<typeof setTimeout> | null = null
  #disposed = false
  readonly #listeners = new Set<() => void>()
  readonly #listening = new AbortController()
  readonly #connection: TerminalConnection
  readonly #engine: TerminalEngine
  readonly #events: ControllerEvents

  constructor(
    target: { sessionId: string; terminal: string; mode: AccessMode },
    looks: { preferences: TerminalPreferences; theme: TerminalTheme },
    events: ControllerEvents,
  ) {
    this.#events = events
    this.#connection = new TerminalConnection(target.mode, browserWorld(target.sessionId, target.terminal), {
      status: (status) => this.#statusChanged(status),
      effect: (effect) => this.#perform(effect),
    })
    this.#engine = new TerminalEngine(looks.preferences, looks.theme, {
      input: (text) => this.#typed(text),
      binary: (bytes) => this.#report(this.#connection.inputBytes(bytes)),
      title: (title) => this.#publish({ title }),
      bell: () => undefined,
      selection: (text) => this.#selected(text),
      copyRequest: (text) => this.#programCopies(text),
      shortcut: (shortcut) => this.#shortcut(shortcut),
      found: (index, count) => this.#publish({ search: { index, count } }),
      mayAnswer: () => this.#sizing.driving && this.#view.mode === 'write',
    })
  }

  readonly view = (): TerminalView => this.#view

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Draws into `element` and connects. */
  async mount(element: HTMLElement, focus: 'focus' | 'wait'): Promise<void> {
    const { fontSize, renderer } = terminalPreferences()
    await lettersLoaded(fontSize)
    if (this.#disposed) return
    this.#engine.mount(element, renderer)
    const observer = new ResizeObserver(() => this.#fitSoon())
    observer.observe(element)
    const drive = (): void => this.#decide(takeWheel(this.#sizing))
    const hurry = (): void => this.#connection.hurry()
    const looked = (): void => {
      if (document.visibilityState === 'visible') hurry()
    }
    const paste = (event: ClipboardEvent): void => this.#pasteEvent(event)
    const { signal } = this.#listening
    this.#engine.terminal.textarea?.addEventListener('focus', drive, { signal })
    element.addEventListener('paste', paste, { capture: true, signal })
    scrollByTouch(element, (pixels, at) => this.#engine.scroll(pixels, at), signal)
    window.addEventListener('online', hurry, { signal })
    document.addEventListener('visibilitychange', looked, { signal })
    signal.addEventListener('abort', () => observer.disconnect())
    this.#fit()
    if (focus === 'focus' && !isOccupied(document.activeElement)) this.focus()
    this.#connection.open()
  }

  dispose(): void {
    this.#disposed = true
    if (this.#fitTimer !== null) clearTimeout(this.#fitTimer)
    if (this.#selectTimer !== null) clearTimeout(this.#selectTimer)
    this.#listening.abort()
    this.#connection.close()
    this.#engine.dispose()
    this.#listeners.clear()
  }

  apply(preferences: TerminalPreferences, theme: TerminalTheme): void {
    this.#engine.apply(preferences, theme)
    if (!preferences.predictEcho) this.#engine.forgetPredictions()
    this.#fitSoon()
  }

  focus(): void {
    this.#engine.terminal.focus()
  }

  hurry(): void {
    this.#connection.hurry()
  }

  /** Start again after the connection was stopped. */
  reconnect(): void {
    this.#connection.restart()
  }

  /** Text from the touch bar, already in the form that programs read. */
  send(sequence: string): void {
    this.#decide(takeWheel(this.#sizing))
    this.#report(this.#connection.input(sequence))
  }

  hold(modifiers: Modifiers): void {
    this.#publish({ modifiers })
  }

  cursorKeys(): 'normal' | 'application' {
    return this.#engine.terminal.modes.applicationCursorKeysMode ? 'application' : 'normal'
  }

  selection(): string {
    return this.#engine.terminal.getSelection()
  }

  selectAll(): void {
    this.#engine.terminal.selectAll()
  }

  clearScrollback(): void {
    this.#engine.terminal.clear()
  }

  paste(text: string): void {
    const risky = /[\r\n]/.test(text.trimEnd()) && !this.#engine.terminal.modes.bracketedPasteMode
    if (risky && terminalPreferences().confirmPaste) this.#publish({ pasteRequest: text })
    else this.#engine.terminal.paste(text)
  }

  answerPaste(answer: 'paste' | 'cancel'): void {
    const text = this.#view.pasteRequest
    this.#publish({ pasteRequest: null })
    if (answer === 'paste' && text !== null) this.#engine.terminal.paste(text)
    this.focus()
  }

  answerCopy(answer: 'allow' | 'deny'): void {
    const text = this.#view.copyRequest
    this.#publish({ copyRequest: null })
    if (answer === 'deny' || text === null) return
    this.#clipboardAllowed = true
    this.#events.copied(text)
  }

  find(text: string, direction: 'next' | 'previous', how: 'typing' | 'stepping'): void {
    this.#engine.find(text, direction, how)
  }

  endSearch(): void {
    this.#engine.endSearch()
    this.focus()
  }

  /** The program was started again from here. */
  forgetExit(): void {
    this.#publish({ exit: null })
  }

  #statusChanged(status: ConnectionStatus): void {
    if (status.kind === 'connecting') this.#sizing = forgetQuestions(this.#sizing)
    if (status.kind !== 'online') this.#engine.forgetPredictions()
    this.#publish({ status, ...(status.kind === 'online' ? { refused: null } : {}) })
    if (status.kind === 'stopped' && status.why !== '') this.#events.changed()
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'reset':
        this.#engine.reset()
        break
      case 'write':
        this.#engine.write(effect.bytes, effect.replay ? 'history' : 'live', () => this.#connection.parsed(effect.end))
        if (!this.#view.painted || (this.#view.exit !== null && !effect.replay)) this.#publish({ painted: true, exit: null })
        break
      case 'hello':
        this.#publish({ mode: effect.mode })
        break
      case 'size':
        this.#decide(serverSays(this.#sizing, effect.size))
        break
      case 'exit':
        this.#publish({ exit: { code: effect.code } })
        this.#events.changed()
        break
      case 'presence':
        this.#publish({ viewers: effect.viewers })
        if (effect.viewers.length <= 1) this.#decide(takeWheel(this.#sizing))
        break
      case 'serverError':
      case 'pong':
      case 'fault':
        break
    }
  }

  #typed(text: string): void {
    const { modifiers } = this.#view
    const held = modifiers.ctrl || modifiers.alt
    if (held) this.#publish({ modifiers: NO_MODIFIERS })
    this.#decide(takeWheel(this.#sizing))
    const input = held ? withModifiers(text, modifiers) : text
    const result = this.#connection.input(input)
    if (result === 'sent' && terminalPreferences().predictEcho) this.#engine.predict(input)
    this.#report(result)
  }

  #report(result: SendResult): void {
    if (result === 'sent') return
    this.#publish({ refused: { why: result, count: (this.#view.refused?.count ?? 0) + 1 } })
  }

  #programCopies(text: string): void {
    if (this.#clipboardAllowed) this.#events.copied(text)
    else this.#publish({ copyRequest: text })
  }

  /** Selecting by dragging tells every step; only where it ends counts. */
  #selected(text: string): void {
    if (this.#selectTimer !== null) clearTimeout(this.#selectTimer)
    if (text === '' || !terminalPreferences().copyOnSelect) return
    this.#selectTimer = setTimeout(() => this.#events.selected(text), SELECT_DELAY_MS)
  }

  #pasteEvent(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData('text/plain') ?? ''
    if (text === '') return
    event.preventDefault()
    event.stopPropagation()
    this.paste(text)
  }

  #shortcut(shortcut: Shortcut): void {
    const { fontSize } = terminalPreferences()
    if (shortcut === 'larger') changeTerminalPreferences({ fontSize: fontSize + 1 })
    else if (shortcut === 'smaller') changeTerminalPreferences({ fontSize: fontSize - 1 })
    else if (shortcut === 'usualSize') changeTerminalPreferences({ fontSize: FONT_SIZES.usual })
    else this.#events.shortcut(shortcut)
  }

  #fitSoon(): void {
    if (this.#fitTimer !== null) clearTimeout(this.#fitTimer)
    this.#fitTimer = setTimeout(() => this.#fit(), FIT_DELAY_MS)
  }

  #fit(): void {
    const fits = this.#engine.fits(this.#engine.scale())
    if (fits !== null) this.#decide(windowFits(this.#sizing, fits))
  }

  #decide({ sizing, ask }: Decision): void {
    this.#sizing = this.#view.mode === 'read' && sizing.driving ? { ...sizing, driving: false } : sizing
    if (ask !== null) this.#connection.resize(ask)
    const size = drawn(this.#sizing)
    const smaller = scale(this.#sizing)
    if (size !== null && this.#engine.terminal.element !== undefined) {
      const wasSmaller = this.#engine.scale() < 1
      this.#engine.draw(size, smaller)
      // What fits was only estimated while the letters were smaller; now it can be measured.
      if (wasSmaller && this.#engine.scale() === 1) this.#fitSoon()
    }
    const following = !this.#sizing.driving && smaller < 1
    if (following !== this.#view.following) this.#publish({ following })
  }

  #publish(change: Partial<TerminalView>): void {
    this.#view = { ...this.#view, ...change }
    for (const listener of this.#listeners) listener()
  }
}
