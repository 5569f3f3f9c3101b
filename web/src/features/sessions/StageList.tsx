// The stages of a creation: what is done, what is under way and how far, what is to come, or where it failed.
import { Check, X } from 'lucide-react'
import type { Progress } from '../../api/queries'
import type { Session } from '../../api/types'
import { classes } from '../../ui/classes'
import { ProgressBar } from './ProgressLine'
import { stagesOf, stageWords } from './stages'

interface StageListProps {
  session: Session
  /** Where it is; `null` before it began. */
  progress: Progress | null
  state: 'underWay' | 'failed'
}

type Mark = 'done' | 'now' | 'failed' | 'ahead'

const TONES: Record<Mark, string> = { done: 'text-soft', now: 'font-medium text-text', failed: 'font-medium text-err', ahead: 'text-faint' }
const WORDS: Record<Mark, string> = { done: 'done', now: 'under way', failed: 'failed', ahead: 'to come' }

export function StageList({ session, progress, state }: StageListProps) {
  const stages = stagesOf(session, progress)
  const at = progress === null ? -1 : stages.indexOf(progress.stage)
  return (
    <ol aria-label="Stages" className="mt-6 space-y-3">
      {stages.map((stage, index) => {
        const mark: Mark = index < at ? 'done' : index > at ? 'ahead' : state === 'failed' ? 'failed' : 'now'
        return (
          <li key={stage} data-stage={stage} data-mark={mark} className={classes('grid grid-cols-[1rem_minmax(0,1fr)_auto] items-center gap-x-3 text-sm', TONES[mark])}>
            <StageMark mark={mark} />
            <span>
              {stageWords(session, stage)}
              <span className="sr-only">, {WORDS[mark]}</span>
            </span>
            {mark === 'now' && progress?.percent != null && <span className="text-xs text-faint tabular-nums">{progress.percent} %</span>}
            {mark === 'now' && progress !== null && <Detail progress={progress} />}
          </li>
        )
      })}
    </ol>
  )
}

function Detail({ progress }: { progress: Progress }) {
  return (
    <div className="col-start-2 col-end-4">
      {progress.percent !== null && <ProgressBar percent={progress.percent} />}
      {progress.detail !== '' && <p className="mt-1 text-xs font-normal break-words text-faint">{progress.detail}</p>}
    </div>
  )
}

function StageMark({ mark }: { mark: Mark }) {
  if (mark === 'done') return <Check size={15} aria-hidden="true" className="text-run" />
  if (mark === 'failed') return <X size={15} aria-hidden="true" />
  return (
    <span aria-hidden="true" className="grid place-items-center">
      <span className={classes('size-2 rounded-full', mark === 'now' ? 'animate-glow bg-start' : 'ring-1 ring-line-strong ring-inset')} />
    </span>
  )
}
