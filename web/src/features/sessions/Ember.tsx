// How warm a session is: three small logs that glow while something moves in its terminals and turn to ash after.
import { classes } from '../../ui/classes'
import { ago, warmth } from '../../ui/time'
import type { Warmth } from '../../ui/time'
import { useNow } from '../../ui/useNow'

const LIT: Record<Warmth, number> = { hot: 3, warm: 2, cool: 1, cold: 0 }

export function Ember({ at, running }: { at: string | null | undefined; running: boolean }) {
  const now = useNow()
  const heat = running ? warmth(at ?? null, now) : 'cold'
  const words = at == null ? 'no activity yet' : heat === 'hot' ? 'active now' : ago(at, now)
  return (
    <span className="inline-flex items-center gap-2 text-xs whitespace-nowrap text-faint" title={at == null ? undefined : `Last activity ${new Date(at).toLocaleString()}`}>
      <span aria-hidden="true" className="flex items-end gap-[2px]">
        {[1, 2, 3].map((log) => (
          <span
            key={log}
            className={classes(
              'w-[3px] rounded-full',
              log === 1 ? 'h-1.5' : log === 2 ? 'h-2' : 'h-2.5',
              log <= LIT[heat] ? 'bg-ember' : 'bg-line-strong',
              log <= LIT[heat] && heat === 'hot' && 'animate-glow',
              log <= LIT[heat] && heat === 'cool' && 'opacity-60',
            )}
          />
        ))}
      </span>
      {words}
    </span>
  )
}
