// How far a creation or start has got, told by live events.
import { useQuery } from '@tanstack/react-query'
import { progressKey } from '../../api/queries'
import type { Progress } from '../../api/queries'
import type { Session } from '../../api/types'
import { classes } from '../../ui/classes'
import { stageWords } from './stages'

export function useProgress(session: Session): Progress | null {
  // Only live events write this entry; there is nothing to ask the server.
  const { data } = useQuery<Progress | null>({ queryKey: progressKey(session.id), queryFn: () => null, enabled: false })
  return data ?? null
}

export function ProgressLine({ session }: { session: Session }) {
  const progress = useProgress(session)
  const words = progress === null ? 'Waiting to begin' : stageWords(session, progress.stage)
  return (
    <div className="mt-3">
      <p className="flex justify-between gap-2 text-xs text-soft">
        <span className="truncate">{words}</span>
        {progress?.percent != null && <span className="text-faint tabular-nums">{progress.percent}%</span>}
      </p>
      <ProgressBar percent={progress?.percent ?? null} />
    </div>
  )
}

export function ProgressBar({ percent }: { percent: number | null }) {
  return (
    <div
      role="progressbar"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
      className="mt-1.5 h-1 overflow-hidden rounded-full bg-active"
    >
      <div
        className={classes('h-full rounded-full bg-start transition-[width] duration-300', percent === null && 'animate-glow')}
        style={{ width: `${percent ?? 35}%` }}
      />
    </div>
  )
}
