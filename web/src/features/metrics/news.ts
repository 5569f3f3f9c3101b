// What the server pushes of a session's figures, read with care: pure.
import { isRecord, numberOf, stringOf } from '../../api/json'
import type { Metrics } from '../../api/types'

/** The latest figures, or why there are none at the moment. */
export type MetricsNews = { id: string; metrics: Metrics; trouble: null } | { id: string; metrics: null; trouble: string }

export function readMetricsNews(name: string, payload: unknown): MetricsNews | null {
  if (!isRecord(payload)) return null
  const id = stringOf(payload['containerId'])
  if (id === null) return null
  if (name === 'metrics:error') {
    const error = isRecord(payload['error']) ? stringOf(payload['error']['detail']) : null
    return { id, metrics: null, trouble: error ?? 'There are no figures at the moment.' }
  }
  const metrics = name === 'metrics:update' && isRecord(payload['metrics']) ? readMetrics(payload['metrics']) : null
  return metrics === null ? null : { id, metrics, trouble: null }
}

function readMetrics(fields: Record<string, unknown>): Metrics | null {
  const at = stringOf(fields['at'])
  if (at === null || Number.isNaN(Date.parse(at))) return null
  const active = fields['agentActive']
  return {
    cpuPercent: numberOf(fields['cpuPercent']),
    memoryMb: numberOf(fields['memoryMb']),
    memoryPercent: numberOf(fields['memoryPercent']),
    memoryLimitMb: numberOf(fields['memoryLimitMb']),
    diskMb: numberOf(fields['diskMb']),
    networkRxBytes: numberOf(fields['networkRxBytes']),
    networkTxBytes: numberOf(fields['networkTxBytes']),
    pids: numberOf(fields['pids']),
    agentActive: typeof active === 'boolean' ? active : null,
    at,
  }
}
