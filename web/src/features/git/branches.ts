// What git's own lists of branches and of changes that were put away say. Pure.
import { matches } from '../palette/matches'

export interface Branch {
  /** Without the other repository's name. */
  name: string
  /** Whether only the other repository has it. */
  remote: boolean
  current: boolean
  /** The first line of its last commit. */
  subject: string
}

/** Mark, name, hash, how far it is from what it follows, subject. */
const BRANCH_LINE = /^([*+ ]) (\S+) +[0-9a-f]{4,64} ?(?:\[(?:ahead|behind|gone)[^\]]*\] )?(.*)$/
/** Where the branches of the other repository are known. */
const ORIGIN = 'remotes/origin/'

/** What `git branch --all --verbose` printed: one's own first, then what only `origin` has. */
export function readBranches(printed: string): Branch[] {
  const all = printed.split('\n').flatMap((line): Branch[] => {
    const [, mark, name = '', subject = ''] = BRANCH_LINE.exec(line) ?? []
    if (name === '') return []
    if (!name.startsWith('remotes/')) return [{ name, remote: false, current: mark === '*', subject }]
    return name.startsWith(ORIGIN) ? [{ name: name.slice(ORIGIN.length), remote: true, current: false, subject }] : []
  })
  const own = new Set(all.filter((branch) => !branch.remote).map((branch) => branch.name))
  return all.filter((branch) => !branch.remote || !own.has(branch.name))
}

/** What the branch is called where it stands now: that of the other repository by its longer name. */
export function refOf(branch: Branch): string {
  return branch.remote ? `origin/${branch.name}` : branch.name
}

export type BranchPurpose = 'branch' | 'pushFromNewBranch'

export interface BranchChoice {
  /** Those that what was typed may mean. */
  found: Branch[]
  /** The one that it means; `null` where it is none or several. */
  over: Branch | null
  /** Whether it names a branch that can be made. */
  isNew: boolean
  problem: string | null
}

/** What is meant by a name, or by a part of it. */
export function choiceOf(name: string, branches: readonly Branch[], purpose: BranchPurpose): BranchChoice {
  const same = branches.find((branch) => branch.name === name) ?? null
  if (purpose === 'pushFromNewBranch') {
    const problem = same === null ? branchNameError(name) : 'There is a branch of that name.'
    return { found: [], over: null, isNew: problem === null, problem }
  }
  const found = branches.filter((branch) => matches(branch.name, name))
  const [only = null] = found.length === 1 ? found : []
  const problem = same === null ? branchNameError(name) : null
  return { found, over: same ?? only, isNew: same === null && problem === null, problem }
}

export interface PutAway {
  index: number
  subject: string
}

/** What `git stash list` printed, the last first. */
export function readPutAway(printed: string): PutAway[] {
  return printed.split('\n').flatMap((line) => {
    const [, index, subject = ''] = /^stash@\{(\d+)\}: (.*)$/.exec(line) ?? []
    return index === undefined ? [] : [{ index: Number(index), subject }]
  })
}

/** Why a branch cannot be called so; `null` where it can. */
export function renameError(name: string, branches: readonly Branch[]): string | null {
  const isTaken = branches.some((branch) => !branch.remote && branch.name === name)
  return isTaken ? 'There is a branch of that name.' : branchNameError(name)
}

/** What is wrong with a name for a branch, as far as it can be seen here; `null` where nothing is. */
export function branchNameError(name: string): string | null {
  if (name === '') return 'A branch needs a name.'
  if (/[\s~^:?*[\\]|\.\.|@\{|\/\//.test(name)) return 'A branch has no blanks and none of ~ ^ : ? * [ \\ in its name.'
  if (/^[-/.]|[/.]$|\.lock$|\/\./.test(name)) return 'A branch begins and ends with a letter or a number.'
  return null
}
