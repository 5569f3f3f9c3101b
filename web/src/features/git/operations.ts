// What one can have a session's repository do that changes it or speaks with another one, and how it is asked for.
import { client, unwrap } from '../../api/client'
import { say } from '../../api/git'
import type { GitStatus } from '../../api/types'

export type Joining = 'merge' | 'rebase'

export type GitOperation =
  | { kind: 'stage' | 'unstage'; paths: string[] }
  | { kind: 'push' }
  | { kind: 'fetch' }
  | { kind: 'pull'; mode: 'ffOnly' | Joining }
  | { kind: 'switch'; branch: string }
  | { kind: 'newBranch'; branch: string; from?: string }
  | { kind: 'renameBranch'; branch: string; to: string }
  | { kind: 'deleteBranch'; branch: string; unmerged: boolean }
  | { kind: 'putAway'; message?: string }
  | { kind: 'takeBack'; index: number }
  | { kind: 'forget'; index: number }
  | { kind: 'join'; how: Joining; from: string }
  | { kind: 'continue' | 'abort'; how: Joining }

export function callOperation(id: string, operation: GitOperation, signal: AbortSignal): Promise<GitStatus> {
  const at = { params: { path: { id } }, signal }
  switch (operation.kind) {
    case 'stage':
      return unwrap(client.POST('/api/sessions/{id}/git/stage', { ...at, body: { paths: operation.paths } }))
    case 'unstage':
      return unwrap(client.POST('/api/sessions/{id}/git/unstage', { ...at, body: { paths: operation.paths } }))
    case 'push':
      return unwrap(client.POST('/api/sessions/{id}/git/push', { ...at, body: {} }))
    case 'fetch':
      return unwrap(client.POST('/api/sessions/{id}/git/fetch', { ...at, body: {} }))
    case 'pull':
      return unwrap(client.POST('/api/sessions/{id}/git/pull', { ...at, body: { mode: operation.mode } }))
    case 'switch':
      return unwrap(client.POST('/api/sessions/{id}/git/checkout', { ...at, body: { branch: operation.branch } }))
    case 'newBranch': {
      const from = operation.from === undefined ? {} : { from: operation.from }
      return unwrap(client.POST('/api/sessions/{id}/git/checkout', { ...at, body: { branch: operation.branch, create: true, ...from } }))
    }
    case 'renameBranch':
      return line(['-m', operation.branch, operation.to])
    case 'deleteBranch':
      return line([operation.unmerged ? '-D' : '-d', operation.branch])
    case 'putAway': {
      const message = operation.message === undefined ? {} : { message: operation.message }
      return unwrap(client.POST('/api/sessions/{id}/git/stash', { ...at, body: { action: 'push', untracked: true, ...message } }))
    }
    case 'takeBack':
      return unwrap(client.POST('/api/sessions/{id}/git/stash', { ...at, body: { action: 'pop', index: operation.index } }))
    case 'forget':
      return unwrap(client.POST('/api/sessions/{id}/git/stash', { ...at, body: { action: 'drop', index: operation.index } }))
    case 'join':
      return join(operation.how, { from: operation.from })
    case 'continue':
    case 'abort':
      return join(operation.how, { action: operation.kind })
  }

  async function line(args: string[]): Promise<GitStatus> {
    await say(id, 'branch', args, signal)
    return unwrap(client.GET('/api/sessions/{id}/git/status', at))
  }

  function join(how: Joining, body: { from: string } | { action: 'continue' | 'abort' }): Promise<GitStatus> {
    return unwrap(
      how === 'merge' ? client.POST('/api/sessions/{id}/git/merge', { ...at, body }) : client.POST('/api/sessions/{id}/git/rebase', { ...at, body }),
    )
  }
}

/** While it goes on, and once it has ended well; nothing where that is seen anyway. */
export function wordsOf(operation: GitOperation, status?: GitStatus): { doing: string; done: string | null } {
  const branch = status?.branch ?? 'the branch'
  switch (operation.kind) {
    case 'stage':
    case 'unstage':
      return { doing: 'Sorting the changes…', done: null }
    case 'push':
      return { doing: 'Pushing…', done: `Pushed ${branch}` }
    case 'fetch':
      return { doing: 'Fetching…', done: fetched(status) }
    case 'pull':
      return { doing: 'Pulling…', done: `Pulled: ${branch} is as the other repository has it${(status?.ahead ?? 0) > 0 ? ', with your commits on top' : ''}` }
    case 'switch':
    case 'newBranch':
      return { doing: `Going over to ${operation.branch}…`, done: `On ${operation.branch} now` }
    case 'renameBranch':
      return { doing: `Renaming ${operation.branch}…`, done: `${operation.branch} is called ${operation.to} now` }
    case 'deleteBranch':
      return { doing: `Deleting ${operation.branch}…`, done: `${operation.branch} is deleted` }
    case 'putAway':
      return { doing: 'Putting the changes away…', done: 'The changes are put away' }
    case 'takeBack':
      return { doing: 'Taking the changes back…', done: 'The changes are back' }
    case 'forget':
      return { doing: 'Forgetting them…', done: 'What was put away is forgotten' }
    case 'join':
      return operation.how === 'merge'
        ? { doing: `Merging ${operation.from}…`, done: `${operation.from} is merged into ${branch}` }
        : { doing: `Rebasing onto ${operation.from}…`, done: `${branch} stands on top of ${operation.from}` }
    case 'continue':
      return { doing: 'Going on…', done: `The ${operation.how} is finished` }
    case 'abort':
      return { doing: 'Taking it back…', done: `The ${operation.how} is taken back` }
  }
}

function fetched(status: GitStatus | undefined): string {
  const behind = status?.behind ?? 0
  if (status?.upstream == null) return 'Fetched what is new'
  return behind === 0 ? 'Fetched: nothing new on this branch' : `Fetched: ${behind} new on ${status.upstream}`
}
