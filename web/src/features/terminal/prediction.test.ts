import { describe, expect, test } from 'vitest'
import { Prediction } from './prediction'
import type { Line } from './prediction'

const COLUMNS = 40
const ERASE = '\u007f'

/** A shell's line whose echo takes as long as the test wants. */
class Shell {
  row = 0
  text = '$ '
  behind = ''
  plain = true
  now = 0
  readonly prediction = new Prediction()
  readonly #latency: number
  readonly #coming: { at: number; change: () => void }[] = []

  constructor(latency: number) {
    this.#latency = latency
  }

  line(): Line {
    const cells = [...(this.text + this.behind).padEnd(COLUMNS)]
    return { row: this.row, cursor: this.text.length, columns: COLUMNS, cells, plain: this.plain }
  }
  /** A key, whose echo comes later. */
  press(keys: string, echo: (shell: Shell, key: string) => void = plainEcho): void {
    this.prediction.typed(keys, this.line(), this.now)
    for (const key of keys) this.#coming.push({ at: this.now + this.#latency, change: () => echo(this, key) })
  }
  pass(milliseconds: number): void {
    const until = this.now + milliseconds
    for (let next = this.#coming[0]; next !== undefined && next.at <= until; next = this.#coming[0]) {
      this.#coming.shift()
      this.now = next.at
      next.change()
      this.prediction.seen(this.line(), this.now)
    }
    this.now = until
    this.prediction.passed(until)
  }
  /** What a person sees: the line, with what is foretold drawn over it. */
  sees(): string {
    const shown = this.prediction.shown(this.line())
    if (shown === null) return this.text
    const cells = [...this.line().cells]
    cells.splice(shown.column, shown.text.length, ...shown.text)
    return cells.join('').slice(0, shown.cursor)
  }
}

function plainEcho(shell: Shell, key: string): void {
  if (key === '\r') {
    shell.row += 1
    shell.text = '$ '
  } else if (key === ERASE) shell.text = shell.text.slice(0, -1)
  else shell.text += key
}
const noEcho = (): void => undefined
const secretPrompt = (shell: Shell): void => {
  shell.row += 1
  shell.text = 'Password: '
}

/** A shell whose echo is known to be slow: a word was typed and has come. */
function slowShell(): Shell {
  const shell = new Shell(200)
  for (const key of 'ls') shell.press(key)
  shell.pass(200)
  return shell
}

describe('what is typed is shown at once', () => {
  test('only after the echo of something was seen', () => {
    const shell = new Shell(200)
    shell.press('l')
    expect(shell.sees()).toBe('$ ')
    shell.pass(200)
    shell.press('s')
    expect(shell.sees()).toBe('$ ls')
    expect(shell.prediction.latency()).toBe(200)
  })

  test('and again after the next prompt, while typing goes on', () => {
    const shell = slowShell()
    for (const key of ' -l\rcd src') {
      shell.press(key)
      shell.pass(50)
    }
    expect(shell.text).toBe('$ cd ')
    expect(shell.sees()).toBe('$ cd src')
    shell.pass(1000)
    expect(shell.sees()).toBe('$ cd src')
  })

  test('not where the echo is quick anyway', () => {
    const shell = new Shell(10)
    shell.press('l')
    shell.pass(10)
    shell.press('s')
    expect(shell.sees()).toBe('$ l')
  })

  test('erasing, too, and typing again', () => {
    const shell = slowShell()
    shell.press(' -')
    shell.press(ERASE)
    expect(shell.sees()).toBe('$ ls ')
    shell.press('x')
    expect(shell.sees()).toBe('$ ls x')
    shell.press(ERASE.repeat(4))
    expect(shell.sees()).toBe('$ ')
    shell.pass(200)
    expect(shell.text).toBe('$ ')
    expect(shell.prediction.shown(shell.line())).toBe(null)
  })
})

describe('nothing is shown', () => {
  test('of a password', () => {
    const shell = slowShell()
    shell.press('\r', secretPrompt)
    shell.pass(50)
    for (const key of 'hunter2') {
      shell.press(key, noEcho)
      expect(shell.sees()).toBe(shell.text)
      shell.pass(100)
      expect(shell.sees()).toBe(shell.text)
    }
    shell.pass(2000)
    expect(shell.sees()).toBe('Password: ')
  })

  test('of a password that begins as its prompt ends', () => {
    const shell = slowShell()
    shell.press('\r', (it) => {
      it.row += 1
      it.text = 'PIN?'
    })
    shell.pass(200)
    shell.press('?', noEcho)
    shell.prediction.seen(shell.line(), shell.now)
    shell.press('1', noEcho)
    expect(shell.prediction.shown(shell.line())).toBe(null)
  })

  test('in a full-screen program', () => {
    const shell = slowShell()
    shell.plain = false
    shell.press('x')
    expect(shell.sees()).toBe('$ ls')
  })

  test('where text stands behind the cursor', () => {
    const shell = slowShell()
    shell.behind = ' | wc'
    shell.press('x')
    expect(shell.sees()).toBe('$ ls')
  })

  test('beyond the end of the line', () => {
    const shell = slowShell()
    for (const key of 'x'.repeat(COLUMNS)) shell.press(key)
    expect(shell.sees().length).toBeLessThan(COLUMNS)
  })

  test('of pastes and of keys that are no text', () => {
    for (const keys of ['\u001b[A', '\t', 'a paste of many characters', '\u{1f600}', '漢']) {
      const shell = slowShell()
      shell.press(keys, noEcho)
      expect(shell.sees()).toBe('$ ls')
    }
  })
})

describe('what was wrong is taken back', () => {
  test('once the screen has strayed for a while, not while a line is drawn in pieces', () => {
    const shell = slowShell()
    shell.press('x', (it) => {
      it.text = '$'
    })
    shell.press('y', (it) => {
      it.text = '$ lsxy'
    })
    shell.pass(200)
    expect(shell.sees()).toBe('$ lsxy')
    shell.press('z', (it) => {
      it.text = '$ completed'
    })
    shell.pass(200)
    expect(shell.sees()).toBe('$ lsxyz')
    shell.pass(150)
    expect(shell.sees()).toBe('$ completed')
  })

  test('when no echo comes at all', () => {
    const shell = slowShell()
    shell.press('x', noEcho)
    expect(shell.sees()).toBe('$ lsx')
    shell.pass(3000)
    expect(shell.sees()).toBe('$ ls')
  })

  test('at once on the next line', () => {
    const shell = slowShell()
    shell.press('x')
    shell.press('\r')
    expect(shell.sees()).toBe('$ lsx')
    shell.pass(200)
    expect(shell.sees()).toBe('$ ')
  })
})
