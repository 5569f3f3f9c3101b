// How a repository stands, for tests: files by what is special of them.
import type { GitFile, GitStatus } from '../../api/types'

type Part = Partial<GitFile> & { path: string }

export function makeFile(part: Part): GitFile {
  return { pathBytes: null, from: null, fromBytes: null, staged: null, unstaged: null, untracked: false, conflict: null, submodule: false, ...part }
}

export function makeStatus(parts: readonly Part[], part: Partial<GitStatus> = {}): GitStatus {
  const files = parts.map(makeFile)
  const count = (is: (file: GitFile) => boolean): number => files.filter(is).length
  return {
    branch: 'main',
    detached: false,
    head: 'abcdef0123',
    upstream: null,
    ahead: null,
    behind: null,
    stashes: 0,
    underway: null,
    counts: {
      staged: count((one) => one.staged !== null),
      unstaged: count((one) => one.unstaged !== null),
      untracked: count((one) => one.untracked),
      conflicted: count((one) => one.conflict !== null),
    },
    files,
    truncated: false,
    ...part,
  }
}
