// How the terminal's connection fares, in words and colour. Says nothing while all is well.
import { RotateCw } from 'lucide-react'
import { useEffect, useState } from 'react'
import { classes } from '../../ui/classes'
import type { ConnectionStatus } from './connection'
import type { TerminalView } from './controller'

interface StatusPillProps {
  status: ConnectionStatus
  refused: TerminalView['refused']
  onHurry: () => void
  onReconnect: () => void
}

const REFUSALS = {
  offline: 'Not connected — what you typed was not sent',
  readOnly: 'You are watching — typing is not sent',
  full: 'Too much at once — the paste was not sent',
}

export function StatusPill({ status, refused, onHurry, onReconnect }: StatusPillProps) {
  const refusal = useBriefly(refused)
  const trouble = status.kind !== 'online'
  if (!trouble && refusal === null) return null
  const calm = status.kind === 'connecting' && refusal === null
  return (
    <div
      role="status"
      data-connection={status.kind}
      className={classes(
        'absolute top-2 right-3 z-10 flex max-w-[calc(100%-1.5rem)] items-center gap-2 rounded-2xl border bg-raised px-3 py-1 text-xs text-text shadow-pop motion-safe:animate-rise',
        refusal === null ? 'border-line-strong' : 'border-err/60',
      )}
    >
      <span
        className={classes(
          'size-1.5 shrink-0 rounded-full',
          calm ? 'animate-glow bg-start' : status.kind === 'waiting' ? 'animate-glow bg-need' : 'bg-err',
        )}
      />
      {/* In a narrow pane it takes more lines: what it says counts to its last word. */}
      <span className="min-w-0 text-balance tabular-nums">
        {refusal === null ? <Words status={status} /> : REFUSALS[refusal]}
      </span>
      {status.kind === 'waiting' && <PillButton label="Now" onClick={onHurry} />}
      {status.kind === 'stopped' && status.why !== '' && <PillButton label="Try again" onClick={onReconnect} />}
    </div>
  )
}

function PillButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <button type="button" onClick={onClick} className="-mr-1 inline-flex shrink-0 items-center gap-1 rounded-full px-1.5 font-medium text-ember hover:bg-hover">
      <RotateCw size={11} /> {label}
    </button>
  )
}

function Words({ status }: { status: ConnectionStatus }) {
  switch (status.kind) {
    case 'connecting':
      return 'Connecting…'
    case 'waiting':
      return <Countdown until={status.until} why={status.why} />
    case 'stopped':
      return status.why === '' ? 'Disconnected' : status.why
    case 'online':
      return ''
  }
}

function Countdown({ until, why }: { until: number; why: string }) {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250)
    return () => clearInterval(timer)
  }, [])
  const seconds = Math.ceil((until - now) / 1000)
  return `${why} Reconnecting ${seconds > 0 ? `in ${seconds} s` : 'now'}…`
}

/** The refusal, for a moment after it happened. */
function useBriefly(refused: TerminalView['refused']): Exclude<TerminalView['refused'], null>['why'] | null {
  const [over, setOver] = useState(0)
  const count = refused?.count ?? 0
  useEffect(() => {
    if (count === 0) return
    const timer = setTimeout(() => setOver(count), 2500)
    return () => clearTimeout(timer)
  }, [count])
  return refused !== null && refused.count > over ? refused.why : null
}
