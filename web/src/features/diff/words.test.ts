import { expect, test } from 'vitest'
import { languageOf } from './languages'
import { highlighterFor } from './highlight'
import { readMarkup } from './markup'
import { spansOf } from './spans'
import { visible } from './visible'
import { wordChanges } from './words'

function changed(before: string, after: string): [string[], string[]] | null {
  const changes = wordChanges(before, after)
  return changes && [changes.before.map(({ from, to }) => before.slice(from, to)), changes.after.map(({ from, to }) => after.slice(from, to))]
}

test('of a line that changed the words that changed are known', () => {
  expect(changed('const total = sum(a, b)', 'const total = add(a, b, c)')).toEqual([['sum'], ['add', ', c']])
  expect(changed('let a = 1', 'let a = 1;')).toEqual([[], [';']])
  expect(changed('one two three four', 'one zwei drei four')).toEqual([['two three'], ['zwei drei']])
  expect(changed('  return x', 'return x')).toEqual([['  '], []])
  expect(changed('let größe = breite', 'let größen = breite')).toEqual([['größe'], ['größen']])
})

test('two lines without much in common are two lines', () => {
  expect(changed('import { readFile } from "fs"', 'const answer = 42')).toBeNull()
  expect(changed('a'.repeat(3000), 'b'.repeat(3000))).toBeNull()
})

test('a line of very many words takes no time', () => {
  const words = (word: string): string => `start ${`${word} `.repeat(290)}end`
  expect(wordChanges(words('a'), words('b'))).toBeNull()
})

test('markup is read as places in lines, letters that it had to write otherwise among them', () => {
  const markup = '<span class="hljs-keyword">let</span> a = <span class="hljs-string">&quot;&lt;b&#x27;\nc&quot;</span> &amp; d'
  expect(readMarkup(markup)).toEqual([
    [
      { from: 0, to: 3, scope: 'keyword' },
      { from: 8, to: 12, scope: 'string' },
    ],
    [{ from: 0, to: 2, scope: 'string' }],
  ])
  const nested = '<span class="hljs-string">a<span class="hljs-subst">b</span>c</span><span class="language-css">d</span>'
  expect(readMarkup(nested)).toEqual([[{ from: 0, to: 1, scope: 'string' }, { from: 1, to: 2, scope: 'subst' }, { from: 2, to: 3, scope: 'string' }]])
})

test('a program has colours where its language is known', async () => {
  const highlight = await highlighterFor('src/main.rs')
  const [first, second] = highlight?.('fn main() {\n  "</span>&lt;" // end') ?? []
  expect(first?.[0]).toEqual({ from: 0, to: 2, scope: 'keyword' })
  expect(second?.map(({ scope }) => scope)).toEqual(['string', 'comment'])
  expect(second?.[0]).toMatchObject({ from: 2, to: 15 })
  expect(await highlighterFor('notes.txt')).toBeNull()
  expect(languageOf('a/Dockerfile.dev')).toBe('dockerfile')
  expect(languageOf('constructor')).toBeNull()
})

test('every language that files are found to have can be loaded', async () => {
  const endings = 'sh c cmake h cs css dart diff dockerfile ex go graphql hs toml java js json kt less lua mk md nix m pl php ps1 proto py r rb rs scala scss sql swift ts xml yml'
  const highlighters = await Promise.all(endings.split(' ').map((ending) => highlighterFor(`a.${ending}`)))
  expect(highlighters.every((highlight) => highlight !== null && highlight('x').length === 1)).toBe(true)
})

test('a line falls into pieces of one look each', () => {
  const spans = spansOf('let a = 1', [{ from: 0, to: 3, scope: 'keyword' }], [{ from: 2, to: 5 }])
  expect(spans).toEqual([
    { text: 'le', scope: 'keyword', changed: false },
    { text: 't', scope: 'keyword', changed: true },
    { text: ' a', scope: null, changed: true },
    { text: ' = 1', scope: null, changed: false },
  ])
  expect(spansOf('', [], [])).toEqual([])
})

test('letters that hide or reorder others are shown by their names', () => {
  expect(visible('a\u202Eb\u200B\tc\u0000')).toBe('a⟨U+202E⟩b⟨U+200B⟩\tc⟨U+0000⟩')
  expect(visible('naïve 漢字 👩')).toBe('naïve 漢字 👩')
})
