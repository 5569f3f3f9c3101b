// A session's log as it grows: read anew as soon as the server tells of a line. The server filters, so that what is searched for is
// searched for in one place.
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { use, useEffect } from 'react'
import { logsKey, logsQuery } from '../../api/queries'
import type { LogFilter } from '../../api/queries'
import { LiveContext, useLiveStatus } from '../live/useLive'
import { isLogNews } from './logNews'

/** Lines that come within so many milliseconds cost one question. */
const GATHER_MS = 300
/** How often the log is read while nobody tells of its lines, in milliseconds. */
const WITHOUT_NEWS_MS = 5000

export function useLog(id: string, filter: LogFilter, follow: 'follow' | 'still') {
  const live = use(LiveContext)
  const status = useLiveStatus()
  const queries = useQueryClient()
  const { source } = filter
  useEffect(() => {
    if (live === null || follow === 'still') return undefined
    let gathering: ReturnType<typeof setTimeout> | null = null
    const end = live.follow({
      begin: ['subscribe.logs', { sessionId: id, source: source === '' ? [] : [source] }],
      end: ['unsubscribe.logs', { sessionId: id }],
      hear: (name, payload) => {
        if (!isLogNews(id, name, payload)) return
        gathering ??= setTimeout(() => {
          gathering = null
          void queries.invalidateQueries({ queryKey: logsKey(id) })
        }, GATHER_MS)
      },
    })
    return () => {
      end()
      if (gathering !== null) clearTimeout(gathering)
    }
  }, [live, queries, id, source, follow])
  const isPolled = follow === 'follow' && status !== 'live'
  return useQuery({ ...logsQuery(id, filter), placeholderData: keepPreviousData, refetchInterval: isPolled ? WITHOUT_NEWS_MS : false })
}
