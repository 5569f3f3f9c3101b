// What a typed key will show, before the other end has said so: the idea of mosh's predictive echo, as a pure state machine.
// It knows neither xterm.js nor the clock; what is on the screen and what time it is come in.
//
// Nothing is guessed about where typing lands: a run begins where the echo of what was typed is found before the cursor. From then
// on each key makes a state that the line will come to; the screen is compared with these states, the earliest first, and what it
// has reached is confirmed. A password is never echoed, so no run begins, and nothing is shown.
//
//   Looking ──echo found──► Running ──a key that is no text──► Closing ──everything came──► Looking
//                              └──────── no match for a while, another line ────────────────┘

/** The line that the cursor is in. */
export interface Line {
  /** Which line; the same number as long as it is the same one. */
  row: number
  /** The column of the cursor, from 0. */
  cursor: number
  columns: number
  /** One character for each column; what fills two columns has a second one that is empty. */
  cells: readonly string[]
  /** Whether text can be foretold here at all: no full-screen program has the screen. */
  plain: boolean
}

/** What to draw over the line until the program has drawn it itself. */
export interface Shown {
  row: number
  /** The first column that is drawn over. */
  column: number
  text: string
  /** Where the cursor will be. */
  cursor: number
}

interface State {
  /** The text from the run's first column to the cursor. */
  text: string
  /** When its key was pressed, milliseconds. */
  at: number
}

interface Run {
  row: number
  column: number
  /** What the screen has reached. */
  confirmed: string
  /** What it will come to, one after the other. */
  coming: State[]
  /** Since when the screen shows none of these. */
  strayed: number | null
  /** No key adds to it any more: only what was typed is still to come. */
  closed: boolean
}

/** Typed after the last key that is no text, and not yet found on the screen. */
interface Looking {
  typed: State[]
  /** Where the cursor was at the last key: an echo moves it. */
  from: { row: number; cursor: number } | null
}

/** An echo that comes sooner than this is not waited for by anybody, milliseconds; and one that has become so quick. */
const SLOW_MS = 30
const QUICK_MS = 20
/** The screen may show none of the states for so long, while a program draws its line in pieces. */
const ASTRAY_MS = 150
/** An echo is given up after so long, or after several times the usual time. */
const GIVE_UP_MS = 3000
const GIVE_UP_TIMES = 5
/** How much a new measurement counts. */
const WEIGHT = 0.25
/** So many characters that are not found are no typing any more. */
const MOST_TYPED = 64
/** A single character may stand before the cursor by chance; so many do not. */
const SURE_CHARS = 2
/** A finger does not do more at once; what does is a paste, or a program. */
const MOST_AT_ONCE = 8

const ERASE = '\u007f'
const PRINTABLE = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0373\u0376\u0377\u037b-\u037f\u0384-\u0482\u048a-\u052f]$/u

export class Prediction {
  #run: Run | null = null
  #looking: Looking = { typed: [], from: null }
  /** How long an echo takes, milliseconds, smoothed; none was measured yet where it is null. */
  #latency: number | null = null
  #slow = false

  /** How long an echo takes, milliseconds. */
  latency(): number | null {
    return this.#latency
  }

  /** Nothing is foretold and nothing looked for: what the screen shows does not matter. */
  idle(): boolean {
    return this.#run === null && this.#looking.typed.length === 0
  }

  /** A person typed this, and it is on its way. */
  typed(text: string, line: Line, now: number): void {
    const keys = [...text]
    if (!line.plain) {
      this.forget()
    } else if (keys.length > MOST_AT_ONCE || keys.some((key) => key !== ERASE && !PRINTABLE.test(key))) {
      this.#close()
    } else {
      for (const key of keys) this.#key(key, line, now)
    }
  }

  /** The screen has changed. */
  seen(line: Line, now: number): void {
    if (!line.plain) {
      this.forget()
      return
    }
    if (this.#run !== null) this.#compare(this.#run, line, now)
    if (this.#run === null || this.#run.closed) this.#look(line, now)
  }

  /** Time has passed: what did not come is given up. */
  passed(now: number): void {
    const due = this.due()
    if (due !== null && now >= due) this.forget()
  }

  /** When `passed` is to be called next. */
  due(): number | null {
    const run = this.#run
    if (run === null) return null
    const oldest = run.coming[0]
    const given = oldest === undefined ? null : oldest.at + Math.max(GIVE_UP_MS, GIVE_UP_TIMES * (this.#latency ?? 0))
    const astray = run.strayed === null ? null : run.strayed + ASTRAY_MS
    if (given === null || astray === null) return given ?? astray
    return Math.min(given, astray)
  }

  /** Nothing is foretold any more until an echo is found again. */
  forget(): void {
    this.#run = null
    this.#looking = { typed: [], from: null }
  }

  /** What to draw over the line; nothing where the echo is quick, or everything has come. */
  shown(line: Line): Shown | null {
    const run = this.#run
    const last = run?.coming.at(-1)
    if (run === null || last === undefined || run.row !== line.row || !this.#slow) return null
    const { column, confirmed } = run
    const cursor = column + last.text.length
    if (run.strayed !== null) {
      // The program is drawing its line, or something else stands there: for the moment what was there stays, all of it.
      return { row: run.row, column, text: last.text.padEnd(line.cursor + 1 - column), cursor }
    }
    // What stands behind the cursor moves when text is put before it, and how is the program's affair.
    if (line.cells.slice(line.cursor).some((cell) => cell.trim() !== '')) return null
    const same = commonStart(confirmed, last.text)
    // The cursor that stands behind what is erased is covered, too.
    const erased = confirmed.length > last.text.length ? ' '.repeat(confirmed.length - last.text.length + 1) : ''
    return { row: run.row, column: column + same, text: last.text.slice(same) + erased, cursor }
  }

  #close(): void {
    this.#looking = { typed: [], from: null }
    if (this.#run === null) return
    if (this.#run.coming.length === 0) this.#run = null
    else this.#run.closed = true
  }

  #key(key: string, line: Line, now: number): void {
    const run = this.#run
    if (run === null || run.closed) {
      const { typed } = this.#looking
      if (key === ERASE) typed.pop()
      else typed.push({ text: key, at: now })
      this.#looking.from = { row: line.row, cursor: line.cursor }
      if (typed.length > MOST_TYPED) this.#looking = { typed: [], from: null }
      return
    }
    const before = run.coming.at(-1)?.text ?? run.confirmed
    const text = key === ERASE ? before.slice(0, -1) : before + key
    // Before the run's first column and behind the line's last one, others know better.
    if ((key === ERASE && before === '') || run.column + text.length >= line.columns) this.#close()
    else run.coming.push({ text, at: now })
  }

  /** Looks for what was typed, right before the cursor. */
  #look(line: Line, now: number): void {
    const { typed, from } = this.#looking
    if (from === null || (from.row === line.row && from.cursor === line.cursor)) return
    const found = echoed(typed, line)
    const last = typed[found - 1]
    if (last === undefined) return
    const confirmed = typed.slice(0, found).map((state) => state.text).join('')
    this.#measured(now - last.at)
    const column = line.cursor - found
    let text = confirmed
    const coming = typed.slice(found).map(({ text: key, at }) => ({ text: (text += key), at }))
    this.#looking = { typed: [], from: null }
    if (column + text.length < line.columns) this.#run = { row: line.row, column, confirmed, coming, strayed: null, closed: false }
  }

  #compare(run: Run, line: Line, now: number): void {
    const reached = (text: string): boolean =>
      line.row === run.row &&
      line.cursor === run.column + text.length &&
      line.cells.slice(run.column, line.cursor).join('') === text
    const index = reached(run.confirmed) ? 0 : run.coming.findIndex((state) => reached(state.text)) + 1
    const state = run.coming[index - 1]
    if (state !== undefined) {
      run.confirmed = state.text
      run.coming.splice(0, index)
      this.#measured(now - state.at)
    } else if (index === 0 && !reached(run.confirmed)) {
      run.strayed ??= now
      // The key that closed it may have led to the next line.
      if (run.closed && line.row !== run.row) this.#run = null
      else this.passed(now)
      return
    }
    run.strayed = null
    if (run.closed && run.coming.length === 0) this.#run = null
  }

  #measured(milliseconds: number): void {
    this.#latency = this.#latency === null ? milliseconds : this.#latency + WEIGHT * (milliseconds - this.#latency)
    this.#slow = this.#latency > (this.#slow ? QUICK_MS : SLOW_MS)
  }
}

/** How many of the typed characters, from the first on, stand right before the cursor. */
function echoed(typed: readonly State[], line: Line): number {
  for (let count = Math.min(typed.length, line.cursor); count >= 1; count -= 1) {
    if (count < Math.min(SURE_CHARS, typed.length) || (count === 1 && typed[0]?.text === ' ')) return 0
    const before = line.cells.slice(line.cursor - count, line.cursor)
    if (before.every((cell, index) => cell === typed[index]?.text)) return count
  }
  return 0
}

function commonStart(one: string, other: string): number {
  let length = 0
  while (length < one.length && one[length] === other[length]) length += 1
  return length
}
