// The live connection as React values.
import { createContext, use, useSyncExternalStore } from 'react'
import type { Live, LiveStatus } from './live'

export const LiveContext = createContext<Live | null>(null)

export function useLiveStatus(): LiveStatus {
  const live = use(LiveContext)
  if (live === null) throw new Error('no live connection above this component')
  return useSyncExternalStore(live.subscribe, live.status)
}
