// What waits for a person in a repository: conflicts, and what began and did not end. A merge and a rebase can be gone on with or taken back.
import { TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import type { GitStatus, Session } from '../../api/types'
import { Button } from '../../ui/Button'
import { Confirm } from '../../ui/Confirm'
import { may } from '../sessions/actions'
import type { Joining } from './operations'
import type { GitWork } from './useGitWork'
import { files, UNDERWAY_WORDS } from './words'

interface UnderwayProps {
  session: Session
  status: GitStatus
  work: GitWork
}

export function Underway({ session, status, work }: UnderwayProps) {
  const { conflicted } = status.counts
  if (status.underway === null && conflicted === 0) return null
  const what = status.underway === null ? null : UNDERWAY_WORDS[status.underway]
  const how = status.underway === 'merge' || status.underway === 'rebase' ? status.underway : null
  return (
    <div role="alert" className="flex gap-2.5 border-b border-line bg-need-wash px-3 py-2 text-xs text-need">
      <TriangleAlert size={14} className="mt-px shrink-0" />
      <div className="min-w-0">
        <p className="text-pretty first-letter:uppercase">
          {what !== null && `${what}. `}
          {conflicted > 0
            ? `${files(conflicted)} ${conflicted === 1 ? 'has' : 'have'} changes that do not go together. Settle them in a terminal, then mark each as settled.`
            : what !== null && 'Nothing is left to be settled: it can be continued or committed.'}
        </p>
        {how !== null && <JoinSteps key={how} how={how} conflicted={conflicted} bar={may(session, 'drive') ? null : 'That takes the right to drive this session.'} work={work} />}
      </div>
    </div>
  )
}

interface JoinStepsProps {
  how: Joining
  conflicted: number
  bar: string | null
  work: GitWork
}

function JoinSteps({ how, conflicted, bar, work }: JoinStepsProps) {
  const [asking, setAsking] = useState(false)
  const isBusy = work.busy !== null
  return (
    <div className="mt-2 mb-0.5 flex flex-wrap gap-1.5 text-text">
      <Button size="small" disabled={isBusy} reason={bar ?? (conflicted > 0 ? 'Settle the conflicts first.' : null)} onClick={() => work.run({ kind: 'continue', how })}>
        Continue the {how}
      </Button>
      <Button size="small" look="danger" disabled={isBusy} reason={bar} onClick={() => setAsking(true)}>
        Abort the {how}
      </Button>
      {asking && (
        <Confirm
          title={`Abort the ${how}?`}
          action={`Abort the ${how}`}
          onClose={() => setAsking(false)}
          onConfirm={() => {
            work.run({ kind: 'abort', how })
            return Promise.resolve()
          }}
        >
          Everything is as it was before it began. What was settled since then is lost.
        </Confirm>
      )}
    </div>
  )
}
