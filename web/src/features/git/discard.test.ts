import { expect, test } from 'vitest'
import type { Diff, FileDiff } from '../../api/types'
import { discardBar, notHeld } from './discard'
import { makeStatus } from './makeStatus.testing'
import type { makeFile } from './makeStatus.testing'
import { groupsOf } from './status'
import type { Entry } from './status'

function entries(...parts: Parameters<typeof makeFile>[0][]): Entry[] {
  return groupsOf(makeStatus(parts)).flatMap((group) => group.entries)
}

function holding(...paths: string[]): Diff {
  const file = { from: null, fromBytes: null, pathBytes: null, change: 'modified' as const, additions: 1, deletions: 0, binary: false, conflicted: false, tooLarge: false, hunks: [], newMode: null, oldMode: null } satisfies Omit<FileDiff, 'path'>
  return { files: paths.map((path) => ({ ...file, path })), additions: 0, deletions: 0, truncated: false }
}

test('what a checkpoint does not hold is named before it is gone', () => {
  const all = entries({ path: 'a', unstaged: 'modified' }, { path: '.env', untracked: true }, { path: 'gone', unstaged: 'deleted' }, { path: 'b', untracked: true })
  expect(notHeld(all, holding('a', 'b')).map((entry) => entry.file.path)).toEqual(['.env'])
  expect(notHeld(all, holding('a', 'b', '.env'))).toEqual([])
})

test('what is staged, in conflict, a repository of its own, or named in no text is not discarded here', () => {
  const bars = entries(
    { path: 'plain', unstaged: 'modified' },
    { path: 'new', untracked: true },
    { path: 'staged', staged: 'modified' },
    { path: 'both', conflict: 'bothModified' },
    { path: 'inner/', untracked: true },
    { path: 'bytes', pathBytes: '/w==', untracked: true },
    { path: 'later', unstaged: 'added' },
  ).map((entry) => [entry.file.path, discardBar(entry) === null])
  expect(Object.fromEntries(bars)).toEqual({ plain: true, new: true, staged: false, both: false, 'inner/': false, bytes: false, later: false })
})
