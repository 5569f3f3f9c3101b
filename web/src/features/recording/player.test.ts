import { Terminal } from '@xterm/xterm'
import { describe, expect, test } from 'vitest'
import { chance, timelineOf } from './makeCast.testing'
import type { Line } from './makeCast.testing'
import { Player, SPEEDS } from './player'
import type { Pauses, PlayerWorld, Screen, Speed } from './player'
import type { Timeline } from './timeline'

/** Far more than these tests take: xterm.js gives way to everything else after each write, and on a busy machine much else runs. Milliseconds. */
const PATIENCE = 60_000

/** A clock and frames that pass when the test says so. */
class World implements PlayerWorld {
  time = 0
  #frame: (() => void) | null = null

  readonly now = (): number => this.time
  readonly nextFrame = (call: () => void): (() => void) => {
    this.#frame = call
    return () => {
      if (this.#frame === call) this.#frame = null
    }
  }
  /** Lets so much time pass, and the browser draw once. */
  pass(milliseconds: number): void {
    this.time += milliseconds
    const frame = this.#frame
    this.#frame = null
    frame?.()
  }
}

/** xterm.js without a window. */
class Xterm implements Screen {
  readonly terminal = new Terminal({ allowProposedApi: true, cols: 40, rows: 8, scrollback: 100 })
  written = 0

  clear(size: { cols: number; rows: number }): void {
    this.terminal.reset()
    this.resize(size)
  }
  resize({ cols, rows }: { cols: number; rows: number }): void {
    this.terminal.resize(cols, rows)
  }
  write(text: string): Promise<void> {
    this.written += text.length
    return new Promise((resolve) => {
      this.terminal.write(text, resolve)
    })
  }
  /** All that can be seen: letters, colours, cursor, size. */
  shown(): string[] {
    const buffer = this.terminal.buffer.active
    const lines = Array.from({ length: this.terminal.rows }, (_, row) => {
      const line = buffer.getLine(buffer.baseY + row)
      const cells = Array.from({ length: this.terminal.cols }, (_, column) => line?.getCell(column))
      return cells.map((cell) => `${cell?.getChars() ?? ''}/${cell?.getFgColor() ?? 0}/${cell?.isBold() ?? 0}`).join(' ')
    })
    return [...lines, `${buffer.type} ${buffer.cursorX},${buffer.cursorY} ${this.terminal.cols}x${this.terminal.rows}`]
  }
}

function open(timeline: Timeline, start: { at?: number; speed?: Speed; pauses?: Pauses } = {}) {
  const world = new World()
  const screen = new Xterm()
  const player = new Player(timeline, screen, world, { at: 0, speed: 1, pauses: 'whole', ...start })
  return { world, screen, player }
}

/** What the screen shows after everything until `at` was written, and nothing was left out or jumped over. */
async function playedTo(timeline: Timeline, at: number): Promise<string[]> {
  const screen = new Xterm()
  screen.clear(timeline.header.size)
  let written = Promise.resolve()
  for (const event of timeline.events) {
    if (event.at > at) break
    if (event.kind === 'output') written = screen.write(event.text)
    if (event.kind !== 'resize') continue
    await written
    screen.resize(event.size)
  }
  await written
  return screen.shown()
}

const SNIPPETS = ['ls\r\n', 'wide 漢字 🦀 e\u0301', '\u001b[1;31mred\u001b[0m', '\u001b[5;3H', '\u001b[2J', '\r\n'.repeat(5), '\u001b[?1049h', '\u001b[?1049l', '\u001b[2;6r', '\u001b[?25l', '\b\u001b[K']

/** A recording as it may come: whatever is written, sizes, pauses, marks, and key frames. */
function anyRecording(seed: number): Timeline {
  const below = chance(seed)
  const snippet = (): string => SNIPPETS[below(SNIPPETS.length)] ?? ''
  const line = (): Line => {
    const interval = below(5) === 0 ? below(20) : below(100) / 100
    switch (below(12)) {
      case 0:
        return [interval, 'r', `${20 + below(60)}x${4 + below(10)}`]
      case 1:
        return [interval, 'm', 'mark']
      case 2:
        return [interval, 'o', `\u001bc${snippet()}repainted`]
      default:
        return [interval, 'o', snippet()]
    }
  }
  return timelineOf(Array.from({ length: 20 + below(60) }, line))
}

describe('seeking', () => {
  test('shows what playing until there shows, wherever one comes from', async () => {
    for (let seed = 1; seed <= 15; seed += 1) {
      const timeline = anyRecording(seed)
      const { screen, player } = open(timeline)
      const below = chance(seed + 1000)
      for (let jump = 0; jump < 8; jump += 1) {
        const at = (timeline.duration * below(1001)) / 1000
        player.seek(at)
        await player.settled()
        expect(screen.shown(), `seed ${seed}, at ${at}`).toEqual(await playedTo(timeline, at))
      }
    }
  }, PATIENCE)

  test('many times at once ends at the last', async () => {
    const timeline = anyRecording(99)
    const { screen, player } = open(timeline)
    for (const part of [0.9, 0.2, 0.2, 0.7, 0, 1, 0.4]) player.seek(timeline.duration * part)
    await player.settled()
    expect(screen.shown()).toEqual(await playedTo(timeline, timeline.duration * 0.4))
  })

  test('elsewhere is taken up even when there was nothing to draw before', async () => {
    const { screen, player } = open(timelineOf([[1, 'o', 'one'], [1, 'o', 'two']]))
    await player.settled()
    player.seek(0.5)
    player.seek(2)
    await player.settled()
    expect(screen.shown()[0]).toMatch(/^o.*n.*e.*t.*w.*o/)
  })

  test('begins at the last key frame, and not at all where the screen is on the way', async () => {
    const big = 'x'.repeat(1000)
    const { screen, player } = open(timelineOf([[1, 'o', big], [1, 'o', '\u001bcframe'], [1, 'o', 'more'], [1, 'o', 'end']]))
    player.seek(3)
    await player.settled()
    expect(screen.written).toBe('\u001bcframemore'.length)
    player.seek(4)
    await player.settled()
    expect(screen.written).toBe('\u001bcframemoreend'.length)
    player.seek(3)
    await player.settled()
    expect(screen.written).toBe('\u001bcframemoreend\u001bcframemore'.length)
  })

  test('out of range goes as far as there is something', async () => {
    const { player } = open(timelineOf([[4, 'o', 'a']]), { at: 99 })
    expect(player.view().at).toBe(4)
    player.move(-100)
    expect(player.view().at).toBe(0)
    player.move(100)
    expect(player.view().at).toBe(4)
  })
})

describe('playing', () => {
  test.each(SPEEDS)('at speed %d shows each moment, and stops at the end', async (speed) => {
    const timeline = anyRecording(7)
    const { world, screen, player } = open(timeline, { speed })
    player.play()
    let before = 0
    for (let frames = 0; player.view().state === 'playing'; frames += 1) {
      expect(frames).toBeLessThan(100_000)
      world.pass(200)
      const { at } = player.view()
      expect(at - before).toBeLessThanOrEqual(0.2 * speed + 1e-9)
      before = at
      await player.settled()
      if (frames % 40 === 0) expect(screen.shown()).toEqual(await playedTo(timeline, at))
    }
    expect(player.view()).toMatchObject({ state: 'ended', at: timeline.duration })
    expect(screen.shown()).toEqual(await playedTo(timeline, timeline.duration))
  }, PATIENCE)

  test('with shortened pauses passes over them', async () => {
    const { world, player } = open(timelineOf([[1, 'o', 'a'], [3600, 'o', 'b'], [1, 'o', 'c']]), { pauses: 'shortened' })
    expect(player.view().total).toBe(4)
    player.play()
    await player.settled()
    for (let frames = 0; frames < 31; frames += 1) {
      world.pass(100)
      await player.settled()
    }
    expect(player.view().at).toBeGreaterThanOrEqual(3601)
    player.setPauses('whole')
    expect(player.view()).toMatchObject({ total: 3602, shown: player.view().at })
  })

  test('stands still while paused, and while the page is hidden', async () => {
    const { world, player } = open(timelineOf([[100, 'o', 'a']]))
    player.play()
    await player.settled()
    world.pass(60_000)
    expect(player.view().at).toBe(0.25)
    player.toggle()
    world.pass(60_000)
    expect(player.view()).toMatchObject({ state: 'paused', at: 0.25 })
    player.toggle()
    world.pass(100)
    expect(player.view()).toMatchObject({ state: 'playing', at: 0.35 })
  })

  test('waits for a screen that is behind', async () => {
    const { world, player } = open(timelineOf([[0.1, 'o', 'x'.repeat(1000)], [100, 'o', 'a']]))
    player.play()
    await player.settled()
    world.pass(200)
    const { at } = player.view()
    world.pass(200)
    expect(player.view().at).toBe(at)
    await player.settled()
    world.pass(200)
    expect(player.view().at).toBeCloseTo(at + 0.2)
  })

  test('after the end begins anew; going back from the end waits to be played', async () => {
    const { world, player } = open(timelineOf([[0.1, 'o', 'a']]))
    player.play()
    await player.settled()
    world.pass(200)
    await player.settled()
    expect(player.view().state).toBe('ended')
    player.seek(0.05)
    expect(player.view().state).toBe('paused')
    player.seek(9)
    player.play()
    await player.settled()
    world.pass(200)
    expect(player.view().state).toBe('ended')
    player.play()
    expect(player.view()).toMatchObject({ state: 'playing', at: 0 })
  })

  test('a flood is written in slices, between which one may go elsewhere', async () => {
    const flood = Array.from({ length: 40 }, (): Line => [0.001, 'o', 'y'.repeat(50_000)])
    const { screen, player } = open(timelineOf([[1, 'o', '\u001bcbefore'], ...flood]))
    player.seek(10)
    player.seek(1)
    await player.settled()
    expect(screen.written).toBeLessThan(600_000)
    expect(screen.shown()[0]).toMatch(/^b.*e.*f.*o.*r.*e/)
  })

  test('tells who listens, until it is disposed of', () => {
    const { world, player } = open(timelineOf([[10, 'o', 'a']]))
    const heard: string[] = []
    player.subscribe(() => heard.push(player.view().state))
    player.play()
    player.pause()
    expect(heard).toEqual(['playing', 'paused'])
    player.dispose()
    player.play()
    world.pass(100)
    expect(heard).toEqual(['playing', 'paused'])
    expect(player.view().at).toBe(0)
  })
})
