// How a repository stands, put in order for people: which files there are, which of them the next commit takes. Pure.
import type { GitFile, GitStatus } from '../../api/types'
import type { ChangeName } from '../diff/names'

export type GroupName = 'conflicted' | 'staged' | 'unstaged' | 'untracked'

export interface Entry {
  key: string
  group: GroupName
  change: ChangeName
  file: GitFile
}

export interface Group {
  name: GroupName
  title: string
  entries: readonly Entry[]
}

const TITLES: Record<GroupName, string> = {
  conflicted: 'To be settled',
  staged: 'Staged',
  unstaged: 'Changed',
  untracked: 'New',
}
const ORDER: readonly GroupName[] = ['conflicted', 'staged', 'unstaged', 'untracked']

/** A file that is staged and was changed again stands in two groups. */
export function groupsOf(status: GitStatus): Group[] {
  const entries = status.files.flatMap(entriesOf)
  return ORDER.map((name) => ({ name, title: TITLES[name], entries: entries.filter((entry) => entry.group === name) })).filter(
    (group) => group.entries.length > 0,
  )
}

function entriesOf(file: GitFile): Entry[] {
  const entry = (group: GroupName, change: ChangeName): Entry => ({ key: `${group}/${file.pathBytes ?? file.path}`, group, change, file })
  if (file.conflict !== null) return [entry('conflicted', 'conflicted')]
  if (file.untracked) return [entry('untracked', 'untracked')]
  return [
    ...(file.staged === null ? [] : [entry('staged', file.staged)]),
    ...(file.unstaged === null ? [] : [entry('unstaged', file.unstaged)]),
  ]
}

/** Why a file cannot be chosen for a commit of its own; `null` where it can. */
export function barOf(file: GitFile): string | null {
  if (file.conflict !== null) return 'Settle its conflict first.'
  return nameable(file) ? null : 'Its name is no text: commit it in a terminal.'
}

/** Whether it can be named in a request: its bytes stand there only where its name is no text. */
export function nameable(file: Pick<GitFile, 'pathBytes' | 'fromBytes'>): boolean {
  return file.pathBytes == null && file.fromBytes == null
}

/** What the next commit takes if nobody chooses: what is staged, and where nothing is, everything but what is refused to be kept by itself. */
export function usualChoice(status: GitStatus, refused: ReadonlySet<string> = NOTHING): ReadonlySet<string> {
  const free = status.files.filter((file) => barOf(file) === null)
  const staged = free.filter((file) => file.staged !== null)
  return new Set((staged.length > 0 ? staged : free.filter((file) => !refused.has(file.path))).map((file) => file.path))
}

const NOTHING: ReadonlySet<string> = new Set()

/** What a choice is made of. */
export interface Known {
  status: GitStatus
  /** Files that look like secrets, say. */
  refused: ReadonlySet<string>
}

/** As the last choice, without what is gone or was refused since, with what is new and would usually be taken. */
export function renewedChoice(chosen: ReadonlySet<string>, known: Known, now: Known): ReadonlySet<string> {
  const before = new Set(known.status.files.map((file) => file.path))
  const usual = usualChoice(now.status, now.refused)
  const stays = (path: string): boolean => chosen.has(path) && (known.refused.has(path) || !now.refused.has(path))
  const kept = now.status.files.filter((file) => barOf(file) === null && (stays(file.path) || (!before.has(file.path) && usual.has(file.path))))
  return new Set(kept.map((file) => file.path))
}

/** More cannot be named to a commit. */
const MOST_PATHS = 2000

/** What a commit of these is told: nothing, where it is what it takes anyway; `null` where there are too many to name. */
export function pathsOf(chosen: ReadonlySet<string>, status: GitStatus): string[] | null {
  // A merge is committed whole.
  if (status.underway !== null) return []
  const usual = usualChoice(status)
  const isStaged = status.counts.staged > 0
  if (isStaged && isSame(chosen, usual)) return []
  const files = status.files.filter((file) => chosen.has(file.path))
  const paths = files.flatMap((file) => (file.from === null || file.staged !== 'renamed' ? [file.path] : [file.from, file.path]))
  if (paths.length <= MOST_PATHS) return paths
  return !isStaged && isSame(chosen, usual) && status.counts.conflicted === 0 ? [] : null
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((path) => other.has(path))
}

/** How many files are not as the last commit has them. */
export function changedCount(status: GitStatus): number {
  return status.files.length
}

/** The branch, or what stands in for it. */
export function branchWord(status: GitStatus): string {
  return status.branch ?? status.head?.slice(0, 7) ?? 'no commit'
}

/** How often to look again, in milliseconds: what is large is looked at less often. */
export function statusPace(status: GitStatus | undefined, looking: 'closely' | 'aside'): number {
  if (status !== undefined && status.files.length > 1000) return 30_000
  return looking === 'closely' ? 4000 : 15_000
}
