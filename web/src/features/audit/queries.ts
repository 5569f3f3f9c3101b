// Reading the audit: its past in pages as one scrolls down, and its newest page again and again while one looks.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { client, unwrap } from '../../api/client'
import type { AuditQuery } from '../../api/types'

/** So many entries come at once, */
const PAGE = 60
/** and no more than so many pages are held: what is older is found with filters, or in the export. */
const MOST_PAGES = 50
/** How often the newest are asked for, in milliseconds. */
const LIVE_MS = 3000

export const auditPastQuery = (filters: AuditQuery) =>
  infiniteQueryOptions({
    queryKey: ['audit', 'past', filters],
    queryFn: ({ pageParam, signal }) => ask({ ...filters, ...(pageParam === '' ? {} : { cursor: pageParam }) }, signal),
    initialPageParam: '',
    getNextPageParam: (page, pages): string | null => (pages.length < MOST_PAGES ? (page.nextCursor ?? null) : null),
    // What is past does not change, and all its pages would be read again.
    refetchOnWindowFocus: false,
    staleTime: Infinity,
    gcTime: 0,
  })

export const auditNewestQuery = (filters: AuditQuery, live: 'live' | 'still') =>
  queryOptions({
    queryKey: ['audit', 'newest', filters],
    queryFn: ({ signal }) => ask(filters, signal),
    refetchInterval: live === 'live' ? LIVE_MS : false,
    enabled: live === 'live',
    gcTime: 0,
  })

function ask(filters: AuditQuery, signal: AbortSignal) {
  return unwrap(client.GET('/api/audit', { params: { query: { ...filters, limit: PAGE } }, signal }))
}
