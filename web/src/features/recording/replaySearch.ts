// What of a replay stands in its URL: the moment at which it begins, and waits.
import { numberOf } from '../../api/json'

export interface ReplaySearch {
  /** Seconds since the recording began. */
  at?: number | undefined
}

export function readReplaySearch(search: Record<string, unknown>): ReplaySearch {
  // The router reads what looks like a number as one.
  const at = numberOf(search['at'])
  return at === null || at < 0 ? {} : { at }
}
