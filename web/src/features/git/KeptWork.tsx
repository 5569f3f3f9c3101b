// What deleted sessions left in a repository that they shared: each becomes a branch again on request. Where there is nothing, nothing is shown.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { GitBranch } from 'lucide-react'
import { client, unwrap } from '../../api/client'
import { gitKey, keptWorkQuery } from '../../api/git'
import { describe } from '../../api/problem'
import type { Session } from '../../api/types'
import { Ago } from '../../ui/Ago'
import { Button } from '../../ui/Button'
import { toast } from '../../ui/toast'

interface KeptWorkProps {
  session: Session
  /** Why nothing can be brought back. */
  bar: string | null
}

export function KeptWork({ session, bar }: KeptWorkProps) {
  const queries = useQueryClient()
  const { data } = useQuery(keptWorkQuery(session.id))
  const restore = useMutation({
    mutationFn: (leftBy: string) =>
      unwrap(client.POST('/api/sessions/{id}/git/kept/{left_by}/restore', { params: { path: { id: session.id, left_by: leftBy } }, body: {} })),
    onSuccess: ({ branch }) => toast(`It is on the branch ${branch} now`),
    onError: (refusal) => toast(describe(refusal), 'error'),
    onSettled: () => queries.invalidateQueries({ queryKey: gitKey(session.id) }),
  })
  if (data === undefined || data.items.length === 0) return null
  return (
    <section aria-label="Left by deleted sessions" className="border-b border-line">
      <h3 className="px-3 pt-2.5 pb-1 text-xs font-semibold">Left by deleted sessions</h3>
      <ul>
        {data.items.map((kept) => (
          <li key={`${kept.session}/${kept.branch}`} className="flex min-h-10 items-center gap-2 px-3 py-1.5 text-xs coarse:min-h-11">
            <GitBranch size={13} aria-hidden="true" className="shrink-0 text-ember" />
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">{kept.subject}</span>
              <span className="block truncate font-mono text-2xs text-faint">{kept.branch}</span>
            </span>
            <Ago at={kept.at} className="shrink-0 text-2xs text-faint" />
            <Button size="small" reason={bar} disabled={restore.isPending} onClick={() => restore.mutate(kept.session)}>
              Make a branch
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}
