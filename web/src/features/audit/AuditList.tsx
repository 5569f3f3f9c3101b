// The audit as an endless list that grows at both ends: the past as one scrolls, the present as it happens.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useCallback, useEffect } from 'react'
import { describe } from '../../api/problem'
import type { AuditEntry, AuditQuery } from '../../api/types'
import { Button } from '../../ui/Button'
import { Notice } from '../../ui/Notice'
import { useNow } from '../../ui/useNow'
import { AuditRow } from './AuditRow'
import { byDay, dayWord, joinEntries } from './entries'
import { auditNewestQuery, auditPastQuery } from './queries'

interface AuditListProps {
  filters: AuditQuery
  live: 'live' | 'still'
  onClear: () => void
}

export function AuditList({ filters, live, onClear }: AuditListProps) {
  const past = useInfiniteQuery(auditPastQuery(filters))
  const newest = useQuery(auditNewestQuery(filters, live))
  const earlier = past.data?.pages.flatMap((page) => page.items) ?? []
  const latest = newest.data?.items ?? []
  const joined = joinEntries(latest, earlier, newest.data?.nextCursor == null ? 'all' : 'page')
  const { refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = past
  const torn = joined === null
  useEffect(() => {
    // More happened between two looks than a page holds: read on from the top.
    if (torn) void refetch()
  }, [torn, refetch])
  if (past.isPending) return <div role="status" aria-label="Loading the audit" className="skeleton h-64 rounded-xl" />
  if (past.isError && past.data === undefined) {
    return (
      <Notice title="The audit could not be read" actions={<Button onClick={() => void refetch()}>Try again</Button>}>
        {describe(past.error)}
      </Notice>
    )
  }
  const entries = joined ?? latest
  if (entries.length === 0) {
    return (
      <Notice title="Nothing is recorded here" actions={<Button onClick={onClear}>Clear the filters</Button>}>
        No entry matches. Other filters may show more.
      </Notice>
    )
  }
  return (
    <>
      <Days entries={entries} />
      {hasNextPage && <More busy={isFetchingNextPage} onMore={fetchNextPage} />}
    </>
  )
}

function Days({ entries }: { entries: readonly AuditEntry[] }) {
  const now = new Date(useNow())
  return (
    <div className="space-y-5">
      {byDay(entries).map(({ day, entries: ofDay }) => (
        <section key={day} aria-label={dayWord(day, now)}>
          <h2 className="mb-1.5 text-xs font-medium text-faint">{dayWord(day, now)}</h2>
          <ul className="overflow-hidden rounded-xl border border-line bg-surface shadow-card">
            {ofDay.map((entry) => (
              <AuditRow key={entry.seq} entry={entry} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  )
}

/** Reads on when it comes into sight; the button is for whoever does not scroll. */
function More({ busy, onMore }: { busy: boolean; onMore: () => Promise<unknown> }) {
  const watch = useCallback(
    (element: HTMLElement | null) => {
      if (element === null) return undefined
      const observer = new IntersectionObserver((seen) => {
        if (seen.some((item) => item.isIntersecting)) void onMore()
      })
      observer.observe(element)
      return () => observer.disconnect()
    },
    [onMore],
  )
  return (
    <div ref={watch} className="flex justify-center py-5">
      <Button look="quiet" disabled={busy} onClick={() => void onMore()}>
        {busy ? 'Reading on…' : 'Earlier entries'}
      </Button>
    </div>
  )
}
