// What was kept beside the branch: to look at, and to bring back as a whole or file by file.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Bookmark } from 'lucide-react'
import { client, unwrap } from '../../api/client'
import { checkpointsQuery, gitKey } from '../../api/git'
import { describe } from '../../api/problem'
import type { Session } from '../../api/types'
import { Button } from '../../ui/Button'
import { Notice } from '../../ui/Notice'
import { toast } from '../../ui/toast'
import type { DiffView } from '../diff/useDiffView'
import { may } from '../sessions/actions'
import { AutoCommitBar } from './AutoCommitBar'
import { CheckpointRow } from './CheckpointRow'
import { KeptWork } from './KeptWork'

interface CheckpointsProps {
  session: Session
  view: DiffView
  /** The commit of the one that is unfolded. */
  open: string | undefined
  onOpen: (commit: string | undefined) => void
}

export function Checkpoints({ session, view, open, onOpen }: CheckpointsProps) {
  const queries = useQueryClient()
  const { data, error, refetch } = useQuery(checkpointsQuery(session.id))
  const take = useMutation({
    mutationFn: () => unwrap(client.POST('/api/sessions/{id}/git/checkpoints', { params: { path: { id: session.id } } })),
    onSuccess: ({ checkpoint, isNew }) => toast(isNew ? `Checkpoint ${checkpoint.number} is made` : `Nothing changed since checkpoint ${checkpoint.number}`),
    onError: (refusal) => toast(describe(refusal), 'error'),
    onSettled: () => queries.invalidateQueries({ queryKey: gitKey(session.id) }),
  })
  const bar = may(session, 'drive') ? null : 'That takes the right to drive this session.'
  const now = (
    <Button size="small" reason={bar} disabled={take.isPending} onClick={() => take.mutate()}>
      <Bookmark size={13} /> {take.isPending ? 'Keeping…' : 'Checkpoint now'}
    </Button>
  )
  return (
    <>
      <AutoCommitBar session={session} />
      <KeptWork session={session} bar={bar} />
      {data === undefined && error !== null && (
        <Notice title="The checkpoints could not be read" actions={<Button onClick={() => void refetch()}>Try again</Button>}>
          {describe(error)}
        </Notice>
      )}
      {data === undefined && error === null && <div role="status" aria-label="Reading the checkpoints" className="skeleton m-3 h-40 rounded-xl" />}
      {data?.items.length === 0 && (
        <Notice icon={<Bookmark size={30} />} title="No checkpoints yet" actions={now}>
          A checkpoint keeps all files as they are, new ones too, without touching the branch. Before anything is discarded or brought back, one makes itself.
        </Notice>
      )}
      {data !== undefined && data.items.length > 0 && (
        <>
          <div className="flex items-center justify-between gap-2 border-b border-line py-1.5 pr-1.5 pl-3 text-xs text-faint">
            The newest hundred are kept.
            {now}
          </div>
          <ol aria-label="Checkpoints">
            {data.items.map((checkpoint) => (
              <CheckpointRow
                key={checkpoint.number}
                session={session}
                checkpoint={checkpoint}
                open={checkpoint.commit === open}
                view={view}
                bar={bar}
                onToggle={() => onOpen(checkpoint.commit === open ? undefined : checkpoint.commit)}
              />
            ))}
          </ol>
        </>
      )}
    </>
  )
}
