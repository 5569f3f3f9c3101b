import { describe, expect, test } from 'vitest'
import { branchNameError, choiceOf, readBranches, readPutAway, refOf, renameError } from './branches'

const PRINTED = [
  '* main                  0a1b2c3 [ahead 1] feat: begin',
  '+ beside                0a1b2c3 feat: begin',
  '  fix/two words in it   not a line',
  '  fix/one               1234567 fix: one',
  '  remotes/origin/HEAD   -> origin/main',
  '  remotes/origin/main   0a1b2c3 feat: begin',
  '  remotes/origin/theirs 89abcde',
  '  remotes/fork/else     89abcde feat: else',
  '',
].join('\n')

describe('branches', () => {
  test('one’s own, and what only the other repository has', () => {
    expect(readBranches(PRINTED)).toEqual([
      { name: 'main', remote: false, current: true, subject: 'feat: begin' },
      { name: 'beside', remote: false, current: false, subject: 'feat: begin' },
      { name: 'fix/one', remote: false, current: false, subject: 'fix: one' },
      { name: 'theirs', remote: true, current: false, subject: '' },
    ])
    expect(readBranches(PRINTED).map(refOf)).toEqual(['main', 'beside', 'fix/one', 'origin/theirs'])
  })

  test('standing on no branch, none is the present one', () => {
    const printed = '* (HEAD detached at 0a1b2c3) 0a1b2c3 feat: begin\n  main 0a1b2c3 feat: begin\n'
    expect(readBranches(printed)).toEqual([{ name: 'main', remote: false, current: false, subject: 'feat: begin' }])
  })

  test('a part of a name means the one branch that has it, and a name that none has a new one', () => {
    const branches = readBranches(PRINTED)
    expect(choiceOf('the', branches, 'branch').over?.name).toBe('theirs')
    expect(choiceOf('i', branches, 'branch').over).toBeNull()
    expect(choiceOf('main', branches, 'branch')).toMatchObject({ over: { name: 'main' }, isNew: false })
    expect(choiceOf('feature', branches, 'branch')).toMatchObject({ found: [], over: null, isNew: true })
    expect(choiceOf('main', branches, 'pushFromNewBranch')).toMatchObject({ over: null, isNew: false, problem: 'There is a branch of that name.' })
  })

  test('a branch is not renamed to what another one here is called', () => {
    const branches = readBranches(PRINTED)
    expect(renameError('main', branches)).toBe('There is a branch of that name.')
    expect(renameError('a b', branches)).not.toBeNull()
    expect(renameError('theirs', branches)).toBeNull()
  })

  test('names that git would not take', () => {
    for (const bad of ['', 'a b', '-x', 'a..b', 'a~1', 'x.lock', '/a', 'a/', 'a//b', 'a@{1}', 'a/.b']) expect(branchNameError(bad), bad).not.toBeNull()
    for (const good of ['main', 'feature/x-1', 'longhouse/session', 'v1.2']) expect(branchNameError(good), good).toBeNull()
  })
})

test('what was put away', () => {
  expect(readPutAway('stash@{0}: On main: half of it\nstash@{1}: WIP on main: 0a1b2c3 feat: begin\n')).toEqual([
    { index: 0, subject: 'On main: half of it' },
    { index: 1, subject: 'WIP on main: 0a1b2c3 feat: begin' },
  ])
})
