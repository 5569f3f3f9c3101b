// Every question the page asks the server, as query options: the only way server data comes in, beside live events.
import { queryOptions } from '@tanstack/react-query'
import { client, getText, unwrap } from './client'
import { ApiError } from './problem'
import type { LogLevel, LogLine, Session, Stage } from './types'

/** Sessions are listed in pages of this many, */
const PAGE = 100
/** and no more than this many are held in the page. */
const MOST_SESSIONS = 2000

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: async ({ signal }): Promise<Session[]> => {
    const sessions: Session[] = []
    let cursor: string | undefined
    do {
      const query = cursor === undefined ? { limit: PAGE } : { limit: PAGE, cursor }
      const page = await unwrap(client.GET('/api/sessions', { params: { query }, signal }))
      sessions.push(...page.items)
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined && sessions.length < MOST_SESSIONS)
    return sessions
  },
})

export const sessionQuery = (id: string) =>
  queryOptions({
    queryKey: ['session', id],
    queryFn: ({ signal }) => unwrap(client.GET('/api/sessions/{id}', { params: { path: { id } }, signal })),
  })

export const configQuery = queryOptions({
  queryKey: ['config'],
  queryFn: ({ signal }) => unwrap(client.GET('/api/config', { signal })),
  staleTime: 60_000,
})

export const statsQuery = (id: string) =>
  queryOptions({
    queryKey: ['stats', id],
    queryFn: ({ signal }) => unwrap(client.GET('/api/sessions/{id}/stats', { params: { path: { id } }, signal })),
    refetchInterval: 3000,
  })

/** The points of the past stand a minute apart, at the least. */
export const metricsQuery = (id: string, range: '1h' | '6h' | '24h') =>
  queryOptions({
    queryKey: ['metrics', id, range],
    queryFn: ({ signal }) => unwrap(client.GET('/api/sessions/{id}/metrics', { params: { path: { id }, query: { range } }, signal })),
    refetchInterval: 60_000,
  })

export const healthQuery = (id: string) =>
  queryOptions({
    queryKey: ['health', id],
    queryFn: ({ signal }) => unwrap(client.GET('/api/sessions/{id}/health', { params: { path: { id } }, signal })),
    refetchInterval: 5000,
  })

export interface LogFilter {
  level: LogLevel
  q: string
  /** As the API names it; empty for everything. */
  source: string
}

export interface Log {
  lines: readonly LogLine[]
  /** What could not be read, in words. */
  missing: string | null
}

const NO_LOG: Log = { lines: [], missing: null }

/** How many lines the log viewer asks for. */
export const LOG_TAIL = 1000

export const logsKey = (id: string) => ['logs', id] as const

export const logsQuery = (id: string, filter: LogFilter) =>
  queryOptions({
    queryKey: [...logsKey(id), filter],
    queryFn: async ({ signal }): Promise<Log> => {
      const query = {
        tail: LOG_TAIL,
        level: filter.level,
        format: 'json',
        ...(filter.q === '' ? {} : { q: filter.q }),
        ...(filter.source === '' ? {} : { source: [filter.source] }),
      }
      const answer = await unwrap(client.GET('/api/sessions/{id}/logs', { params: { path: { id }, query }, signal }))
      // The same operation streams and downloads; asked for JSON it answers with a list.
      return typeof answer === 'object' && 'items' in answer ? { lines: answer.items, missing: answer.missing } : NO_LOG
    },
  })

/** Lines of history above a kept screen. */
const KEPT_LINES = 2000

/** What a terminal showed last, of a session at rest; `null` where nothing was kept. `end` tells one end from the next. */
export const lastScreenQuery = (id: string, terminal: string, end: string) =>
  queryOptions({
    queryKey: ['lastScreen', id, terminal, end],
    queryFn: async (): Promise<string | null> => {
      const path = `/api/sessions/${id}/terminals/${encodeURIComponent(terminal)}/screen?format=text&lines=${KEPT_LINES}`
      try {
        return await getText(path)
      } catch (error) {
        // A session that was killed had no time to keep anything.
        if (error instanceof ApiError && error.problem.status === 409) return null
        throw error
      }
    },
    staleTime: Infinity,
  })

/** How far a creation or start has got; written by live events alone. */
export interface Progress {
  stage: Stage
  percent: number | null
  detail: string
}

export const progressKey = (id: string): readonly ['progress', string] => ['progress', id]
