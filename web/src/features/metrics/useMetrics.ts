// What a session uses: its past from the server once a minute, and the present as it is pushed.
import { useQuery } from '@tanstack/react-query'
import { use, useEffect, useState } from 'react'
import { metricsQuery } from '../../api/queries'
import type { Metrics } from '../../api/types'
import { LiveContext } from '../live/useLive'
import { readMetricsNews } from './news'
import { joined } from './series'
import type { MetricsRange } from './series'

/** How often the present is pushed, in milliseconds. */
const INTERVAL = 2000
/** How many of what was pushed are kept: the past has them by then. */
const KEPT = 90

interface Heard {
  id: string
  metrics: readonly Metrics[]
  trouble: string | null
}

export function useMetrics(id: string, range: MetricsRange) {
  const live = use(LiveContext)
  const [heard, setHeard] = useState<Heard>({ id, metrics: [], trouble: null })
  useEffect(
    () =>
      live?.follow({
        begin: ['subscribe:metrics', { containerId: id, interval: INTERVAL }],
        end: ['unsubscribe:metrics', { containerId: id }],
        hear: (name, payload) => {
          const news = readMetricsNews(name, payload)
          if (news === null || news.id !== id) return
          setHeard((before) => {
            const metrics = before.id === id ? before.metrics : []
            return news.metrics === null
              ? { id, metrics, trouble: news.trouble }
              : { id, metrics: [...metrics, news.metrics].slice(-KEPT), trouble: null }
          })
        },
      }),
    [live, id],
  )
  const { data, error, isPending } = useQuery(metricsQuery(id, range))
  const fresh = heard.id === id ? heard : { metrics: [], trouble: null }
  return {
    points: joined(data?.points ?? [], fresh.metrics),
    current: fresh.trouble === null ? (fresh.metrics.at(-1) ?? data?.current ?? null) : null,
    trouble: fresh.trouble,
    stepMs: (data?.resolutionSeconds ?? 60) * 1000,
    error,
    isPending,
  }
}
