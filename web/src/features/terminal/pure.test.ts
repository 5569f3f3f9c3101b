// The small decisions of the terminal that need no screen.
import { describe, expect, test } from 'vitest'
import { contrast } from '../../ui/contrast'
import { backoffDelay } from './backoff'
import { keySequence, withModifiers } from './keys'
import { readOsc52 } from './osc52'
import { readPreferences } from './preferences'
import { shortcutOf } from './shortcuts'
import { swipe } from './touchScroll'
import { AUTO_THEME, themeFor, themes, xtermTheme } from './themes'

test('waiting grows from 0.2 to 5 seconds and is never at once', () => {
  expect([0, 1, 2, 3, 4, 5, 50].map((attempt) => backoffDelay(attempt, 0.999_999))).toEqual([200, 400, 800, 1600, 3200, 5000, 5000])
  expect(backoffDelay(0, 0)).toBe(100)
  expect(backoffDelay(1e6, 0)).toBe(2500)
})

describe('keys of the touch bar', () => {
  const none = { ctrl: false, alt: false }

  test('arrows follow the mode that the program asked for', () => {
    expect(keySequence('Up', 'normal', none)).toBe('\u001b[A')
    expect(keySequence('Up', 'application', none)).toBe('\u001bOA')
    expect(keySequence('Left', 'application', { ctrl: true, alt: false })).toBe('\u001b[1;5D')
  })

  test('Ctrl makes control codes of letters and leaves the rest alone', () => {
    const ctrl = { ctrl: true, alt: false }
    expect(['c', 'C', '[', ' ', '?', '1', 'é'].map((character) => withModifiers(character, ctrl))).toEqual([
      '\u0003', '\u0003', '\u001b', '\u0000', '\u007f', '1', 'é',
    ])
    expect(withModifiers('dx', ctrl)).toBe('\u0004x')
  })

  test('Alt puts Escape in front', () => {
    expect(withModifiers('b', { ctrl: false, alt: true })).toBe('\u001bb')
    expect(keySequence('Tab', 'normal', { ctrl: false, alt: true })).toBe('\u001b\t')
  })
})

describe('keys that the page keeps', () => {
  const press = (key: string, held = ''): ReturnType<typeof shortcutOf> =>
    shortcutOf({ key, ctrlKey: held.includes('c'), shiftKey: held.includes('s'), altKey: held.includes('a'), metaKey: held.includes('m') })

  test('everything a program may want goes through', () => {
    const wanted: [string, string][] = [['c', 'c'], ['v', 'c'], ['f', 'c'], ['k', 'c'], ['l', 'c'], ['_', 'cs'], ['Enter', ''], ['f', 'a'], ['c', 'ca'], ['Escape', '']]
    expect(wanted.map(([key, held]) => press(key, held))).toEqual(wanted.map(() => null))
  })

  test('copying, finding, size and the way out are the page’s', () => {
    expect([press('C', 'cs'), press('F', 'cs'), press('L', 'cs'), press('Escape', 'cs'), press('=', 'c'), press('-', 'c'), press('k', 'm')]).toEqual([
      'copy', 'find', 'leave', 'leave', 'larger', 'smaller', 'palette',
    ])
  })
})

test('only text that a program wants copied is taken from OSC 52, never a question', () => {
  expect(readOsc52(`c;${btoa('hello')}`)).toBe('hello')
  expect(readOsc52(`c;${btoa(String.fromCharCode(0xc3, 0xa9))}`)).toBe('é')
  expect(['c;?', 'c;', 'nonsense', 'c;!!!', `c;${'A'.repeat(2 * 1024 * 1024)}`].map(readOsc52)).toEqual([null, null, null, null, null])
})

test('stored preferences are brought into range', () => {
  expect(readPreferences({ fontSize: 1000, theme: 'no such', renderer: 'magic', confirmPaste: 'x' })).toMatchObject({
    fontSize: 28, theme: AUTO_THEME, renderer: 'auto', confirmPaste: true,
  })
  expect(readPreferences('nonsense').fontSize).toBe(13)
})

describe('themes', () => {
  test.each(themes.map((theme) => [theme.id, theme] as const))('%s is complete and its text can be read', (_id, theme) => {
    expect(theme.colors.ansi).toHaveLength(16)
    for (const color of theme.colors.ansi) expect(color).toMatch(/^#[0-9a-f]{6}$/)
    expect(contrast(theme.colors.foreground, theme.colors.background)).toBeGreaterThan(4.5)
    expect(xtermTheme(theme).brightWhite).toBe(theme.colors.ansi[15])
  })

  test('“as the page” follows dark and light', () => {
    expect(themeFor(AUTO_THEME, 'dark').tone).toBe('dark')
    expect(themeFor(AUTO_THEME, 'light').tone).toBe('light')
    expect(themeFor('nord', 'light').id).toBe('nord')
  })
})

describe('a finger on the screen', () => {
  test('scrolls by what it moved, once it has clearly moved', () => {
    const start = swipe(null, { y: 100, at: 0 })
    expect(start.scroll).toBe(0)
    const trembling = swipe(start.state, { y: 96, at: 10 })
    expect(trembling.scroll).toBe(0)
    const moved = swipe(trembling.state, { y: 80, at: 20 })
    expect(moved.scroll).toBe(20)
    expect(swipe(moved.state, { y: 90, at: 30 }).scroll).toBe(-10)
  })

  test('leaves a speed behind only if it moved to the end', () => {
    let { state } = swipe(null, { y: 200, at: 0 })
    for (let at = 10; at <= 50; at += 10) ({ state } = swipe(state, { y: 200 - at, at }))
    expect(state.speed).toBeGreaterThan(0.7)
    expect(state.speed).toBeLessThanOrEqual(1)
    for (let at = 60; at <= 200; at += 10) ({ state } = swipe(state, { y: 150, at }))
    expect(Math.abs(state.speed)).toBeLessThan(0.05)
  })
})
