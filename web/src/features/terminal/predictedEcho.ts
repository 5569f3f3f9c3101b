// Draws what `prediction` foretells over the terminal, underlined, until the program has drawn it itself. It lies above whatever
// draws the letters and touches nothing of the terminal's own: what was wrong is gone when the drawing goes.
import type { IMarker, Terminal } from '@xterm/xterm'
import { Prediction } from './prediction'
import type { Line, Shown } from './prediction'

export class PredictedEcho {
  readonly #terminal: Terminal
  readonly #prediction = new Prediction()
  /** Rows are counted from it, so that they keep their number while older ones are dropped. */
  #first: IMarker | null = null
  #overlay: HTMLElement | null = null
  #drawn = ''
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(terminal: Terminal) {
    this.#terminal = terminal
    terminal.onWriteParsed(() => {
      if (!this.#prediction.idle()) this.#act((line, now) => this.#prediction.seen(line, now))
    })
    terminal.onScroll(() => {
      if (this.#overlay !== null) this.#draw()
    })
    terminal.onResize(() => this.forget())
  }

  /** A person typed this, and it has been sent. */
  typed(text: string): void {
    this.#act((line, now) => this.#prediction.typed(text, line, now))
  }

  /** The screen is painted anew, or somebody does not want it. */
  forget(): void {
    if (this.#prediction.idle()) return
    this.#prediction.forget()
    this.#draw()
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#first?.dispose()
    this.#overlay?.remove()
  }

  #act(act: (line: Line, now: number) => void): void {
    act(this.#line(), performance.now())
    this.#draw()
    if (this.#timer !== null) clearTimeout(this.#timer)
    const due = this.#prediction.due()
    this.#timer = due === null ? null : setTimeout(() => this.#act((_line, now) => this.#prediction.passed(now)), Math.max(0, due - performance.now()))
  }

  #line(): Line {
    const { buffer, cols } = this.#terminal
    const { active } = buffer
    const plain = active.type === 'normal'
    const at = active.baseY + active.cursorY
    if (plain && (this.#first === null || this.#first.isDisposed)) {
      this.#prediction.forget()
      this.#first = this.#terminal.registerMarker(0)
    }
    const line = active.getLine(at)
    const cells = Array.from({ length: cols }, (_nothing, column) => {
      const cell = line?.getCell(column)
      // A cell that nothing was written to is blank; one behind a wide character is not.
      return cell === undefined || cell.getWidth() === 0 ? '' : cell.getChars() || ' '
    })
    return { row: at - (this.#first?.line ?? 0), cursor: active.cursorX, columns: cols, cells, plain }
  }

  #draw(): void {
    const shown = this.#prediction.shown(this.#line())
    const row = shown === null ? -1 : shown.row + (this.#first?.line ?? 0) - this.#terminal.buffer.active.viewportY
    const screen = this.#terminal.element?.querySelector<HTMLElement>('.xterm-screen')
    const inView = shown !== null && screen != null && row >= 0 && row < this.#terminal.rows
    const drawing = inView ? JSON.stringify([shown, row, screen.clientWidth, screen.clientHeight]) : ''
    if (drawing === this.#drawn) return
    this.#drawn = drawing
    this.#overlay?.remove()
    this.#overlay = inView ? overlay(this.#terminal, screen, shown, row) : null
    if (this.#overlay !== null) screen?.append(this.#overlay)
  }
}

function overlay(terminal: Terminal, screen: HTMLElement, shown: Shown, row: number): HTMLElement {
  const width = screen.clientWidth / terminal.cols
  const height = screen.clientHeight / terminal.rows
  const { theme, fontFamily, fontSize } = terminal.options
  const root = document.createElement('div')
  root.className = 'predicted-echo'
  root.ariaHidden = 'true'
  root.dataset['text'] = shown.text
  Object.assign(root.style, {
    top: `${row * height}px`,
    height: `${height}px`,
    lineHeight: `${height}px`,
    fontFamily,
    fontSize: `${fontSize}px`,
    color: theme?.foreground,
  })
  const cell = (column: number, text: string, looks: Partial<CSSStyleDeclaration>): void => {
    const element = document.createElement('span')
    element.textContent = text
    Object.assign(element.style, { left: `${column * width}px`, width: `${width}px`, ...looks })
    root.append(element)
  }
  for (const [index, text] of [...shown.text].entries()) {
    cell(shown.column + index, text, { background: theme?.background, textDecoration: text === ' ' ? 'none' : 'underline' })
  }
  cell(shown.cursor, '', { background: theme?.cursor, opacity: '0.7' })
  return root
}
