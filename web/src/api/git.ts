// What the page asks about a session's repository.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { client, getBytes, unwrap } from './client'
import { GitRefusal } from './problem'

/** Whatever is known of a session's repository; when something happens in it, all of that is old. */
export const gitKey = (id: string): readonly ['git', string] => ['git', id]

export const gitStatusQuery = (id: string) =>
  queryOptions({
    queryKey: [...gitKey(id), 'status'],
    queryFn: ({ signal }) => unwrap(client.GET('/api/sessions/{id}/git/status', { params: { path: { id } }, signal })),
  })

/** What is compared: the working tree with what is staged, that with the last commit, or a commit with the one before it. */
export interface Compared {
  staged?: true
  /** A commit. */
  to?: string
  /** Only this file. */
  path?: string
  /** How many lines around each change, if not as usual. */
  context?: number
}

export const gitDiffQuery = (id: string, compared: Compared) =>
  queryOptions({
    // What a commit changed stays as it is.
    queryKey: compared.to === undefined ? [...gitKey(id), 'diff', compared] : ['gitCommit', id, compared],
    queryFn: ({ signal }) => unwrap(client.GET('/api/sessions/{id}/git/diff', { params: { path: { id }, query: compared }, signal })),
    staleTime: compared.to === undefined ? 2000 : Infinity,
  })

/** How many commits a page of the history has. */
const PAGE = 50

export const gitLogQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: [...gitKey(id), 'log'],
    queryFn: ({ pageParam, signal }) => {
      const query = pageParam === '' ? { limit: PAGE } : { limit: PAGE, cursor: pageParam }
      return unwrap(client.GET('/api/sessions/{id}/git/log', { params: { path: { id }, query }, signal }))
    },
    initialPageParam: '',
    getNextPageParam: (page): string | null => page.nextCursor,
  })

/** What git says to a line as people type it. */
export async function say(id: string, command: string, args: string[], signal: AbortSignal): Promise<string> {
  const said = await unwrap(client.POST('/api/git', { body: { sessionId: id, command, args }, signal }))
  if (said.exitCode !== 0) throw new GitRefusal(said.stderr.trim() || `git ended with ${said.exitCode}`)
  return said.stdout
}

/** Every branch, one's own and those of the other repository, as git prints them. */
export const gitBranchesQuery = (id: string) =>
  queryOptions({
    queryKey: [...gitKey(id), 'branches'],
    queryFn: ({ signal }) => say(id, 'branch', ['--all', '--verbose', '--no-color'], signal),
    staleTime: 2000,
  })

/** The changes that were put away, as git prints them. */
export const gitPutAwayQuery = (id: string) =>
  queryOptions({
    queryKey: [...gitKey(id), 'putAway'],
    queryFn: ({ signal }) => say(id, 'stash', ['list'], signal),
    staleTime: 2000,
  })

/** What is made of changes by itself, and how it stands. */
export const autoCommitQuery = (id: string) =>
  queryOptions({
    queryKey: [...gitKey(id), 'autocommit'],
    queryFn: ({ signal }) => unwrap(client.GET('/api/sessions/{id}/git/autocommit', { params: { path: { id } }, signal })),
  })

export const checkpointsQuery = (id: string) =>
  queryOptions({
    queryKey: [...gitKey(id), 'checkpoints'],
    queryFn: ({ signal }) => unwrap(client.GET('/api/sessions/{id}/git/checkpoints', { params: { path: { id } }, signal })),
  })

/** What deleted sessions left in the repository. */
export const keptWorkQuery = (id: string) =>
  queryOptions({
    queryKey: [...gitKey(id), 'kept'],
    queryFn: ({ signal }) => unwrap(client.GET('/api/sessions/{id}/git/kept', { params: { path: { id } }, signal })),
  })

/** More of a new file is not looked at, bytes. */
const MOST_OF_FILE = 512 * 1024

/** A file's text; `null` where it is none. `more` says that it goes on. */
export const fileTextQuery = (id: string, path: string) =>
  queryOptions({
    queryKey: [...gitKey(id), 'file', path],
    queryFn: async (): Promise<{ text: string | null; more: boolean }> => {
      const query = new URLSearchParams({ session: id, path })
      const { bytes, more } = await getBytes(`/api/files/content?${query}`, MOST_OF_FILE)
      return { text: bytes.includes(0) ? null : new TextDecoder().decode(bytes), more }
    },
    staleTime: 2000,
  })
