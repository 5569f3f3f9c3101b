import { describe, expect, test } from 'vitest'
import { ApiError, GitRefusal, readProblem } from '../../api/problem'
import { failureOf } from './failures'
import { makeStatus } from './makeStatus.testing'
import type { GitOperation } from './operations'

const refused = (code: string) => new ApiError(readProblem({ code, detail: `words of ${code}`, errors: [{ field: 'a.txt', message: 'changed twice' }] }, 409))
const push: GitOperation = { kind: 'push' }
const changed = { path: 'a.txt', unstaged: 'modified' } as const

describe('what one can do when git refused', () => {
  test('a push that is behind is pulled first, and then pushed', () => {
    const failure = failureOf(push, refused('git.diverged'), makeStatus([]))
    expect(failure?.text).toBe('words of git.diverged')
    expect(failure?.steps.map((step) => step.run)).toEqual([
      [{ kind: 'pull', mode: 'rebase' }, push],
      [{ kind: 'pull', mode: 'merge' }, push],
    ])
  })

  test('a pull that is not enough is not followed by a push that nobody asked for', () => {
    const failure = failureOf({ kind: 'pull', mode: 'ffOnly' }, refused('git.diverged'), makeStatus([]))
    expect(failure?.steps.map((step) => step.run)).toEqual([[{ kind: 'pull', mode: 'rebase' }], [{ kind: 'pull', mode: 'merge' }]])
  })

  test('a protected branch leads to another one, and never to force', () => {
    expect(failureOf(push, refused('git.protected'), makeStatus([]))?.steps).toEqual([{ label: 'Push from a branch of its own…', run: 'pushFromNewBranch' }])
  })

  test('what does not answer is asked again', () => {
    expect(failureOf(push, refused('git.remote_failed'), makeStatus([]))?.steps).toEqual([{ label: 'Try again', run: [push] }])
  })

  test('changes in the way are put away, where there are any', () => {
    const over: GitOperation = { kind: 'switch', branch: 'other' }
    expect(failureOf(over, refused('git.failed'), makeStatus([changed]))?.steps[0]?.run).toEqual([{ kind: 'putAway', message: 'before: switch' }, over])
    expect(failureOf(over, refused('git.failed'), makeStatus([]))?.steps).toEqual([])
  })

  test('a branch with commits that are nowhere else is deleted once that was said', () => {
    const wish: GitOperation = { kind: 'deleteBranch', branch: 'side', unmerged: false }
    const refusal = failureOf(wish, new GitRefusal("error: The branch 'side' is not fully merged.\nIf you are sure…"), makeStatus([]))
    expect(refusal?.text).toContain('side holds commits')
    expect(refusal?.steps.map((step) => step.run)).toEqual([[{ ...wish, unmerged: true }]])
    const used = failureOf(wish, new GitRefusal("error: Cannot delete branch 'side' checked out at '/work'"), makeStatus([]))
    expect(used?.text).toContain('another working tree')
    expect(used?.steps).toEqual([])
  })

  test('a name that is taken is said so, and what else git says is told as it is', () => {
    const wish: GitOperation = { kind: 'renameBranch', branch: 'side', to: 'main' }
    expect(failureOf(wish, new GitRefusal("fatal: A branch named 'main' already exists."), makeStatus([]))?.text).toContain('There is a branch main already')
    expect(failureOf(wish, new GitRefusal("error: no branch named 'side'"), makeStatus([]))?.text).toBe("no branch named 'side'")
  })

  test('a conflict is told by the repository itself', () => {
    const pull: GitOperation = { kind: 'pull', mode: 'merge' }
    expect(failureOf(pull, refused('git.conflict'), makeStatus([{ path: 'a.txt', conflict: 'bothModified' }]))).toBeNull()
    expect(failureOf(pull, refused('git.conflict'), makeStatus([]))?.items).toEqual(['a.txt: changed twice'])
  })
})
