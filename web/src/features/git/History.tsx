// What was committed, the newest first: a list with its graph, and what each commit changed.
import { useInfiniteQuery } from '@tanstack/react-query'
import { GitCommitHorizontal } from 'lucide-react'
import { useMemo } from 'react'
import { gitLogQuery } from '../../api/git'
import { describe } from '../../api/problem'
import type { Session } from '../../api/types'
import { Button } from '../../ui/Button'
import { Notice } from '../../ui/Notice'
import type { DiffView } from '../diff/useDiffView'
import { CommitRow } from './CommitRow'
import { childrenFirst, graphOf } from './graph'

interface HistoryProps {
  session: Session
  view: DiffView
  commit: string | undefined
  onCommit: (hash: string | undefined) => void
}

export function History({ session, view, commit, onCommit }: HistoryProps) {
  const { data, error, isPending, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery(gitLogQuery(session.id))
  const commits = useMemo(() => childrenFirst(data?.pages.flatMap((page) => page.items) ?? []), [data])
  const graph = useMemo(() => graphOf(commits), [commits])
  if (isPending) return <div role="status" aria-label="Reading the history" className="skeleton m-3 h-40 rounded-xl" />
  if (error !== null && data === undefined) {
    return (
      <Notice title="The history could not be read" actions={<Button onClick={() => void refetch()}>Try again</Button>}>
        {describe(error)}
      </Notice>
    )
  }
  if (commits.length === 0) {
    return (
      <Notice icon={<GitCommitHorizontal size={30} />} title="No commits yet">
        The first commit begins the history.
      </Notice>
    )
  }
  return (
    <>
      <ol aria-label="Commits">
        {commits.map((item, index) => (
          <CommitRow
            key={item.hash}
            session={session}
            commit={item}
            graph={graph.rows[index]}
            lanes={graph.lanes}
            open={item.hash === commit}
            view={view}
            onToggle={() => onCommit(item.hash === commit ? undefined : item.hash)}
          />
        ))}
      </ol>
      {hasNextPage && (
        <Button size="small" look="quiet" className="m-2 self-start" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {isFetchingNextPage ? 'Reading…' : 'Show earlier commits'}
        </Button>
      )}
    </>
  )
}
