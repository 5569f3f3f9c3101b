import { describe, expect, test } from 'vitest'
import type { GitFile } from '../../api/types'
import { makeFile, makeStatus } from './makeStatus.testing'
import { barOf, branchWord, groupsOf, pathsOf, renewedChoice, usualChoice } from './status'

const file = (path: string, part: Partial<GitFile>): GitFile => makeFile({ path, ...part })
const status = makeStatus

const CHANGED = file('a', { unstaged: 'modified' })
const STAGED = file('b', { staged: 'added' })
const BOTH = file('c', { staged: 'modified', unstaged: 'modified' })
const NEW = file('d', { untracked: true })
const CONFLICT = file('e', { conflict: 'bothModified' })

test('files stand in groups, what is staged and changed again in two', () => {
  const groups = groupsOf(status([CHANGED, STAGED, BOTH, NEW, CONFLICT]))
  expect(groups.map((group) => [group.name, ...group.entries.map((entry) => entry.file.path)])).toEqual([
    ['conflicted', 'e'],
    ['staged', 'b', 'c'],
    ['unstaged', 'a', 'c'],
    ['untracked', 'd'],
  ])
  expect(groupsOf(status([]))).toEqual([])
})

describe('the next commit takes', () => {
  test('everything that can be taken, where nothing is staged', () => {
    const now = status([CHANGED, NEW, CONFLICT])
    expect([...usualChoice(now)]).toEqual(['a', 'd'])
    expect(pathsOf(usualChoice(now), now)).toEqual(['a', 'd'])
  })

  test('what is staged, as it is staged', () => {
    const now = status([CHANGED, STAGED, BOTH])
    expect([...usualChoice(now)]).toEqual(['b', 'c'])
    expect(pathsOf(usualChoice(now), now)).toEqual([])
  })

  test('what was chosen', () => {
    const now = status([CHANGED, STAGED, BOTH])
    expect(pathsOf(new Set(['a', 'b']), now)).toEqual(['a', 'b'])
  })

  test('of a file with another name both names', () => {
    const now = status([file('new', { staged: 'renamed', from: 'old' }), CHANGED])
    expect(pathsOf(new Set(['new', 'a']), now)).toEqual(['old', 'new', 'a'])
  })

  test('a merge whole', () => {
    expect(pathsOf(new Set(['a']), status([CHANGED, STAGED], { underway: 'merge' }))).toEqual([])
  })

  test('all of very many files, but not some of them', () => {
    const many = status(Array.from({ length: 3000 }, (_, index) => file(`f${index}`, { untracked: true })))
    expect(pathsOf(usualChoice(many), many)).toEqual([])
    expect(pathsOf(new Set(many.files.slice(1).map((one) => one.path)), many)).toBeNull()
  })
})

test('a choice lasts while files come and go', () => {
  const known = (files: GitFile[], ...refused: string[]) => ({ status: status(files), refused: new Set(refused) })
  const before = known([CHANGED, NEW])
  const after = known([CHANGED, NEW, file('f', { untracked: true })])
  expect([...renewedChoice(new Set(['d']), before, after)]).toEqual(['d', 'f'])
  expect([...renewedChoice(new Set(['a', 'd']), before, known([CHANGED]))]).toEqual(['a'])
})

test('what looks like a secret is taken only by whoever chooses it', () => {
  const secret = file('.env', { untracked: true })
  const known = (...refused: string[]) => ({ status: status([NEW, secret]), refused: new Set(refused) })
  expect([...usualChoice(status([NEW, secret]), new Set(['.env']))]).toEqual(['d'])
  expect([...renewedChoice(new Set(['d', '.env']), known(), known('.env'))], 'refused only now').toEqual(['d'])
  expect([...renewedChoice(new Set(['d', '.env']), known('.env'), known('.env'))], 'chosen all the same').toEqual(['d', '.env'])
})

test('what cannot be named or is to be settled cannot be chosen', () => {
  expect(barOf(CONFLICT)).toMatch(/conflict/)
  expect(barOf(file('x\uFFFD', { untracked: true, pathBytes: 'eP8=' }))).toMatch(/no text/)
  expect(barOf(NEW)).toBeNull()
})

test('where there is no branch the commit stands in for it', () => {
  expect(branchWord(status([], { branch: null, detached: true }))).toBe('abcdef0')
  expect(branchWord(status([], { branch: null, head: null }))).toBe('no commit')
})
