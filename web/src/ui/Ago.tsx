// A time as "5m ago", with the exact time on hover.
import { ago } from './time'
import { useNow } from './useNow'

export function Ago({ at, className }: { at: string; className?: string }) {
  const now = useNow()
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()} className={className}>
      {ago(at, now)}
    </time>
  )
}
