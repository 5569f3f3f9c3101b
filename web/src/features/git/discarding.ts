// Discarding changes, so that they can be brought back: a checkpoint of the present comes first, and tells which of them it holds.
import { client, settle, unwrap } from '../../api/client'
import type { Diff } from '../../api/types'
import type { Entry } from './status'

/** As many files as a line of git's may name. */
const AT_ONCE = 400

/** Takes a checkpoint of the present and says what it holds. */
export async function checkpointNow(id: string): Promise<{ number: number; held: Diff }> {
  const at = { path: { id } }
  const { checkpoint } = await unwrap(client.POST('/api/sessions/{id}/git/checkpoints', { params: at }))
  const held = await unwrap(client.GET('/api/sessions/{id}/git/diff', { params: { ...at, query: { to: checkpoint.commit, context: 0 } } }))
  return { number: checkpoint.number, held }
}

export async function discard(id: string, entries: readonly Entry[]): Promise<void> {
  const tracked = entries.filter((entry) => entry.group === 'unstaged').map((entry) => entry.file.path)
  for (let from = 0; from < tracked.length; from += AT_ONCE) {
    const body = { sessionId: id, command: 'checkout', args: ['--', ...tracked.slice(from, from + AT_ONCE)] }
    // Git lets only one at a time change a repository.
    // oxlint-disable-next-line no-await-in-loop
    const said = await unwrap(client.POST('/api/git', { body }))
    if (said.exitCode !== 0) throw new Error(said.stderr.trim() || `git ended with ${said.exitCode}`)
  }
  for (const entry of entries.filter((one) => one.group === 'untracked')) {
    // oxlint-disable-next-line no-await-in-loop
    await settle(client.DELETE('/api/files', { params: { query: { session: id, path: entry.file.path } } }))
  }
}

/** Brings files back from a checkpoint, each by itself: nothing else is touched. */
export async function bringBack(id: string, number: number, entries: readonly Entry[]): Promise<void> {
  for (const entry of entries) {
    const params = { path: { id, number } }
    // oxlint-disable-next-line no-await-in-loop
    await unwrap(client.POST('/api/sessions/{id}/git/checkpoints/{number}/restore', { params, body: { path: entry.file.path } }))
  }
}
