// The colours of the page, held to the contrast that WCAG 2 asks of text (4.5 to 1), in light and in dark.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { contrast } from './ui/contrast'

const css = readFileSync(new URL('styles.css', import.meta.url), 'utf8')
const colors = new Map(
  [...css.matchAll(/--c-([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name, light, dark]) => [name, { light, dark }]),
)

const GROUNDS = ['bg', 'side', 'surface', 'raised']
const TEXTS = ['text', 'soft', 'faint', 'ember', 'run', 'start', 'wait', 'stop', 'err', 'need']
/** The grounds of a diff, and the words of a program on them. */
const LINES = ['bg', 'surface', 'add', 'add-strong', 'del', 'del-strong']
const WORDS = ['text', 'tok-word', 'tok-text', 'tok-number', 'tok-name', 'tok-type', 'tok-key', 'tok-remark']
const PAIRS: [string, string][] = [
  ...TEXTS.flatMap((text) => GROUNDS.map((ground): [string, string] => [text, ground])),
  ...WORDS.flatMap((text) => LINES.map((ground): [string, string] => [text, ground])),
  ...['add', 'del'].flatMap((ground) => ['faint', 'run', 'err'].map((text): [string, string] => [text, ground])),
  ['on-ember', 'ember'],
  ['on-ember', 'ember-strong'],
  ['ember', 'ember-wash'],
  ['err', 'err-wash'],
  ['need', 'need-wash'],
]

describe.each(['light', 'dark'] as const)('%s', (tone) => {
  test.each(PAIRS)('%s can be read on %s', (text, ground) => {
    const front = colors.get(text)?.[tone]
    const back = colors.get(ground)?.[tone]
    if (front === undefined || back === undefined) throw new Error(`no colour ${text} or ${ground}`)
    expect(contrast(front, back)).toBeGreaterThanOrEqual(4.5)
  })
})

test('without motion nothing changes by degrees: the terminal measures letters right after their size changes', () => {
  const [, rules] = /prefers-reduced-motion: reduce\) \{([^}]*\})/.exec(css.replaceAll(/\/\*.*?\*\//gs, '')) ?? []
  expect(rules).toContain('transition: none !important')
  expect(css).not.toContain('transition-duration')
})
