// What the live connection tells of a session's log.
import { isRecord } from '../../api/json'

/** Whether there may be lines that were not read: one was told of, or some were missed in a break. */
export function isLogNews(id: string, name: string, payload: unknown): boolean {
  if (name === 'events.ready' || name === 'events.reset') return true
  return name === 'logs.stream' && isRecord(payload) && payload['sessionId'] === id
}
