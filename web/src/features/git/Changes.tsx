// What changed since the last commit: files to look at and to choose, and the commit that takes them.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { CheckCheck } from 'lucide-react'
import { useMemo, useState } from 'react'
import { autoCommitQuery, gitDiffQuery } from '../../api/git'
import type { Diff, GitStatus, Session } from '../../api/types'
import { Notice } from '../../ui/Notice'
import type { DiffView } from '../diff/useDiffView'
import { AutoCommitBar } from './AutoCommitBar'
import { BranchBar } from './BranchBar'
import { ChangeGroup } from './ChangeGroup'
import { CommitForm } from './CommitForm'
import { groupsOf, renewedChoice, usualChoice } from './status'
import type { Known } from './status'
import { Underway } from './Underway'
import { useGitWork } from './useGitWork'

/** How often changes are looked at, in milliseconds, and how often where there are very many of them. */
const PACE = 5000
const SLOW_PACE = 30_000
const MANY_LINES = 10_000

interface ChangesProps {
  session: Session
  status: GitStatus
  view: DiffView
}

interface Choice {
  known: Known
  paths: ReadonlySet<string>
}

export function Changes({ session, status, view }: ChangesProps) {
  const work = useGitWork(session, status)
  const [kept, setKept] = useState<Choice | null>(null)
  const { data: keeping } = useQuery(autoCommitQuery(session.id))
  const refusals = keeping?.state?.refused
  const known = useMemo(() => ({ status, refused: new Set(refusals?.map((file) => file.path)) }), [status, refusals])
  const choice: Choice = { known, paths: kept === null ? usualChoice(status, known.refused) : renewedChoice(kept.paths, kept.known, known) }
  if (kept !== null && kept.known !== known) setKept(choice)
  const staged = useQuery({ ...gitDiffQuery(session.id, { staged: true }), enabled: status.counts.staged > 0, refetchInterval: pace, placeholderData: keepPreviousData })
  const unstaged = useQuery({
    ...gitDiffQuery(session.id, {}),
    enabled: status.counts.unstaged + status.counts.conflicted > 0,
    refetchInterval: pace,
    placeholderData: keepPreviousData,
  })
  const groups = groupsOf(status)
  const choose = (paths: readonly string[], how: 'take' | 'leave'): void => {
    const next = new Set(choice.paths)
    for (const path of paths) {
      if (how === 'take') next.add(path)
      else next.delete(path)
    }
    setKept({ known, paths: next })
  }
  return (
    <>
      <BranchBar session={session} status={status} work={work} />
      <Underway session={session} status={status} work={work} />
      <AutoCommitBar session={session} />
      {groups.length === 0 ? (
        <Notice icon={<CheckCheck size={30} />} title="Nothing changed">
          The working directory is as the last commit has it. What an agent or you change appears here.
        </Notice>
      ) : (
        <>
          <CommitForm session={session} status={status} chosen={choice.paths} onCommitted={() => setKept(null)} />
          {groups.map((group) => (
            <ChangeGroup
              key={group.name}
              session={session}
              group={group}
              diff={group.name === 'staged' ? staged.data : unstaged.data}
              chosen={choice.paths}
              work={work}
              view={view}
              onChoose={choose}
            />
          ))}
          {status.truncated && <p className="px-3 py-3 text-xs text-faint">There are more files than these. Commit some, or have git ignore what is made anew.</p>}
        </>
      )}
    </>
  )
}

function pace({ state }: { state: { data?: Diff | undefined } }): number {
  const lines = state.data === undefined ? 0 : state.data.additions + state.data.deletions
  return lines > MANY_LINES ? SLOW_PACE : PACE
}
