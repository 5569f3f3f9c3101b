// The changes that were put away: to take back, or to forget.
import { useQuery } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { gitPutAwayQuery } from '../../api/git'
import { describe } from '../../api/problem'
import type { GitStatus, Session } from '../../api/types'
import { Button, IconButton } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { readPutAway } from './branches'
import type { GitOperation } from './operations'
import type { GitWork } from './useGitWork'

interface PutAwayDialogProps {
  session: Session
  status: GitStatus
  work: GitWork
  bar: string | null
  onClose: () => void
}

export function PutAwayDialog({ session, status, work, bar, onClose }: PutAwayDialogProps) {
  const { data, error } = useQuery(gitPutAwayQuery(session.id))
  const [forgetting, setForgetting] = useState<number | null>(null)
  const run = (operation: GitOperation): void => {
    work.run(operation)
    onClose()
  }
  return (
    <Dialog title="Put away" description="Changes that were taken out of the files and kept. They can be taken back on any branch." onClose={onClose}>
      {error !== null && data === undefined && <p className="mt-3 text-xs text-err">{describe(error)}</p>}
      {data === undefined && error === null && <div role="status" aria-label="Reading what was put away" className="skeleton mt-3 h-16 rounded-lg" />}
      <ul className="mt-4 divide-y divide-line rounded-lg border border-line empty:hidden">
        {readPutAway(data ?? '').map((item) => (
          <li key={item.index} className="flex items-center gap-2 py-1.5 pr-1.5 pl-3 text-sm">
            <span className="min-w-0 flex-1 wrap-anywhere">{item.subject}</span>
            {forgetting === item.index ? (
              <Button size="small" look="danger" autoFocus onBlur={() => setForgetting(null)} onClick={() => run({ kind: 'forget', index: item.index })}>
                Forget for good
              </Button>
            ) : (
              <>
                <Button
                  size="small"
                  reason={bar ?? (status.counts.conflicted > 0 ? 'Settle the conflicts first.' : null)}
                  onClick={() => run({ kind: 'takeBack', index: item.index })}
                >
                  Take back
                </Button>
                <IconButton label={`Forget “${item.subject}”`} reason={bar} onClick={() => setForgetting(item.index)}>
                  <Trash2 size={14} />
                </IconButton>
              </>
            )}
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
