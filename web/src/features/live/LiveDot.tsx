// Whether the page hears of changes as they happen.
import { classes } from '../../ui/classes'
import type { LiveStatus } from './live'
import { useLiveStatus } from './useLive'

const WORDS: Record<LiveStatus, string> = { connecting: 'Connecting', live: 'Live', lost: 'Reconnecting' }
const HINTS: Record<LiveStatus, string> = {
  connecting: 'Connecting to live updates',
  live: 'Live: changes appear as they happen',
  lost: 'Live updates are interrupted; what was missed will be caught up',
}

export function LiveDot({ compact }: { compact: boolean }) {
  const status = useLiveStatus()
  return (
    <span role="status" data-live={status} title={HINTS[status]} className="inline-flex items-center gap-1.5 px-1.5 text-2xs text-faint">
      <span className={classes('size-1.5 rounded-full', status === 'live' ? 'bg-run' : status === 'lost' ? 'animate-glow bg-need' : 'animate-glow bg-start')} />
      <span className={classes(compact && 'sr-only')}>{WORDS[status]}</span>
    </span>
  )
}
