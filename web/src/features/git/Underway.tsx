// What waits for a person in a repository: conflicts, and what began and did not end.
import { TriangleAlert } from 'lucide-react'
import type { GitStatus } from '../../api/types'
import { files, UNDERWAY_WORDS } from './words'

export function Underway({ status }: { status: GitStatus }) {
  const { conflicted } = status.counts
  if (status.underway === null && conflicted === 0) return null
  const what = status.underway === null ? null : UNDERWAY_WORDS[status.underway]
  return (
    <div role="alert" className="flex gap-2.5 border-b border-line bg-need-wash px-3 py-2 text-xs text-need">
      <TriangleAlert size={14} className="mt-px shrink-0" />
      <p className="text-pretty first-letter:uppercase">
        {what !== null && `${what}. `}
        {conflicted > 0
          ? `${files(conflicted)} ${conflicted === 1 ? 'has' : 'have'} changes that do not go together. Settle them in a terminal, then stage them with git add.`
          : what !== null && 'Nothing is left to be settled: it can be continued or committed.'}
      </p>
    </div>
  )
}
