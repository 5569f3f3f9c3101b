import { expect, test } from 'vitest'
import { beginsOpen, modeWords } from '../diff/marks'
import { nameParts } from '../diff/names'
import { allNew } from './newFile'
import { troubleOf } from './troubles'
import { ApiError, readProblem } from '../../api/problem'

test('a new file is one stretch of added lines', () => {
  const file = allNew('a', { text: 'one\ntwo\n', more: false })
  expect(file.hunks).toEqual([{ oldStart: 0, oldLines: 0, newStart: 1, newLines: 2, heading: '', lines: ['+one', '+two'] }])
  expect(file.additions).toBe(2)
})

test('a new file without a last end of line says so, unless it was cut off there', () => {
  expect(allNew('a', { text: 'one', more: false }).hunks[0]?.lines).toEqual(['+one', '\\ No newline at end of file'])
  expect(allNew('a', { text: 'one\ntw', more: true }).hunks[0]?.lines).toEqual(['+one'])
})

test('an empty file and one that is no text have no lines', () => {
  expect(allNew('a', { text: '', more: false })).toMatchObject({ hunks: [], binary: false })
  expect(allNew('a', { text: null, more: false })).toMatchObject({ hunks: [], binary: true })
})

test('what a file is is told where that changed', () => {
  expect(modeWords('100644', '100755')).toBe('Made executable.')
  expect(modeWords('100755', '100644')).toBe('No longer executable.')
  expect(modeWords('100644', '120000')).toBe('It was a file, and is a link now.')
  expect(modeWords('100644', '100644')).toBeNull()
  expect(modeWords(null, '100644')).toBeNull()
})

test('large files, and those that programs write, begin folded', () => {
  const file = { path: 'src/a.rs', additions: 10, deletions: 5, tooLarge: false }
  expect(beginsOpen(file, 3)).toBe(true)
  expect(beginsOpen(file, 300)).toBe(false)
  expect(beginsOpen({ ...file, additions: 1000 }, 1)).toBe(false)
  expect(beginsOpen({ ...file, path: 'Cargo.lock' }, 1)).toBe(false)
  expect(beginsOpen({ ...file, path: 'web/package-lock.json' }, 1)).toBe(false)
})

test('a path is a directory and a name', () => {
  expect(nameParts('a/b/c.ts')).toEqual(['a/b/', 'c.ts'])
  expect(nameParts('inner/')).toEqual(['', 'inner/'])
})

test('what is amiss with a repository is told from a server that is away', () => {
  const refusal = (code: string) => new ApiError(readProblem({ code, detail: 'words' }, 409))
  expect(troubleOf(refusal('git.no_repository'))?.command).toBe('git init')
  expect(troubleOf(refusal('git.bare'))?.text).toBe('words')
  expect(troubleOf(refusal('git.busy'))).toBeNull()
  expect(troubleOf(new Error('x'))).toBeNull()
})
