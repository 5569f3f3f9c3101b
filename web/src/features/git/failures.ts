// What one can do when git did not do what was asked. Pure: the words are the server's, the next step is ours.
import { ApiError, GitRefusal, describe } from '../../api/problem'
import type { GitStatus } from '../../api/types'
import type { GitOperation } from './operations'

export interface NextStep {
  label: string
  /** One after the other, as long as each ends well; a name for a new branch is asked for first where the branch itself is not taken. */
  run: readonly GitOperation[] | 'pushFromNewBranch'
}

export interface Failure {
  text: string
  /** What else is said of it: the files, say. */
  items: readonly string[]
  steps: readonly NextStep[]
}

/** Nothing where the state of the repository itself tells what happened. */
export function failureOf(operation: GitOperation, error: unknown, status: GitStatus): Failure | null {
  const code = error instanceof ApiError ? error.problem.code : ''
  if (code === 'git.conflict' && status.counts.conflicted > 0) return null
  if (error instanceof GitRefusal) return branchFailure(operation, error.message)
  const items = error instanceof ApiError ? error.problem.errors.map((item) => `${item.field}: ${item.message}`) : []
  return { text: describe(error), items, steps: stepsAfter(operation, code, status) }
}

/** What git said to a branch that was to be deleted or renamed. */
function branchFailure(operation: GitOperation, said: string): Failure {
  const failure = (text: string, steps: NextStep[] = []): Failure => ({ text, items: [], steps })
  if (operation.kind === 'deleteBranch') {
    const { branch } = operation
    if (said.includes('not fully merged')) {
      const text = `${branch} holds commits that are neither here nor where it is pushed to: merge or push it first, or they are lost with it.`
      return failure(text, [{ label: 'Delete it with its commits', run: [{ ...operation, unmerged: true }] }])
    }
    if (/checked out at|used by worktree/.test(said)) return failure(`${branch} is in use in another working tree: let that one go over to another branch first.`)
  }
  if (operation.kind === 'renameBranch' && said.includes('already exists')) {
    return failure(`There is a branch ${operation.to} already: choose another name, or delete that one first.`)
  }
  return failure(said.replace(/^(?:error|fatal): /, ''))
}

function stepsAfter(operation: GitOperation, code: string, status: GitStatus): NextStep[] {
  const again: NextStep = { label: 'Try again', run: [operation] }
  switch (code) {
    case 'git.diverged': {
      const push: GitOperation[] = operation.kind === 'push' ? [operation] : []
      const then = push.length > 0 ? ', then push' : ''
      return [
        { label: `Pull with rebase${then}`, run: [{ kind: 'pull', mode: 'rebase' }, ...push] },
        { label: `Pull with merge${then}`, run: [{ kind: 'pull', mode: 'merge' }, ...push] },
      ]
    }
    case 'git.protected':
      return [{ label: 'Push from a branch of its own…', run: 'pushFromNewBranch' }]
    case 'git.remote_failed':
    case 'git.timeout':
    case 'git.busy':
    case 'network.unreachable':
      return [again]
    case 'git.failed':
      return isInTheWay(operation) && status.files.length > 0
        ? [{ label: 'Put the changes away and try again', run: [{ kind: 'putAway', message: `before: ${operation.kind}` }, operation] }]
        : []
    default:
      return []
  }
}

/** Whether changes that nobody committed commonly bar it. */
function isInTheWay(operation: GitOperation): boolean {
  return ['switch', 'newBranch', 'pull', 'join'].includes(operation.kind)
}
