// What the page asks about the list of repositories.
import { queryOptions } from '@tanstack/react-query'
import { client, unwrap } from './client'
import type { Repository } from './types'

/** The list is read in pages of this many, */
const PAGE = 100
/** and no more than this many are held in the page. */
const MOST_REPOSITORIES = 500

/** Each look asks the sessions that run; events tell of most changes, this of files that changed meanwhile. */
const LOOK_AGAIN_MS = 15_000

export const repositoriesKey = ['repositories'] as const

export const repositoriesQuery = queryOptions({
  queryKey: repositoriesKey,
  queryFn: async ({ signal }): Promise<Repository[]> => {
    const repositories: Repository[] = []
    let cursor: string | undefined
    do {
      const query = cursor === undefined ? { limit: PAGE } : { limit: PAGE, cursor }
      const page = await unwrap(client.GET('/api/repositories', { params: { query }, signal }))
      repositories.push(...page.items)
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined && repositories.length < MOST_REPOSITORIES)
    return repositories
  },
  refetchInterval: LOOK_AGAIN_MS,
})
