// Everything about a session's repository: what changed since the last commit, what happened before, and what was kept between.
import { GitBranch } from 'lucide-react'
import type { ReactNode } from 'react'
import { describe } from '../../api/problem'
import type { GitStatus, Session } from '../../api/types'
import { Button } from '../../ui/Button'
import { Copyable } from '../../ui/Copyable'
import { Notice } from '../../ui/Notice'
import { Segments } from '../../ui/Segments'
import { diffKeys } from '../diff/diffKeys'
import { LayoutChoice } from '../diff/LayoutChoice'
import { useDiffView } from '../diff/useDiffView'
import type { DiffView } from '../diff/useDiffView'
import { Changes } from './Changes'
import { Checkpoints } from './Checkpoints'
import { History } from './History'
import { troubleOf } from './troubles'
import { useGitStatus } from './useGitStatus'

export type GitPart = 'changes' | 'history' | 'checkpoints'

export interface GitPlace {
  part: GitPart
  /** The commit or checkpoint that is unfolded. */
  commit: string | undefined
}

interface GitPanelProps {
  session: Session
  place: GitPlace
  onPlace: (place: GitPlace) => void
}

export function GitPanel({ session, place, onPlace }: GitPanelProps) {
  const { measure, ...view } = useDiffView()
  return (
    <div ref={measure} className="flex min-h-full flex-col" onKeyDown={diffKeys}>
      <WithStatus session={session}>
        {(status) => (
          <>
            <div className="flex items-center justify-between gap-2 border-b border-line px-3 py-2">
              <Segments
                label="Part of the repository"
                value={place.part}
                onChange={(part) => onPlace({ part, commit: undefined })}
                choices={[
                  { value: 'changes', label: status.files.length === 0 ? 'Changes' : `Changes ${status.files.length}${status.truncated ? '+' : ''}` },
                  { value: 'history', label: 'History' },
                  { value: 'checkpoints', label: 'Checkpoints' },
                ]}
              />
              <LayoutChoice view={view} />
            </div>
            <Part session={session} status={status} place={place} view={view} onPlace={onPlace} />
          </>
        )}
      </WithStatus>
    </div>
  )
}

function Part({ session, status, place, view, onPlace }: GitPanelProps & { status: GitStatus; view: DiffView }) {
  switch (place.part) {
    case 'changes':
      return <Changes session={session} status={status} view={view} />
    case 'history':
      return <History session={session} view={view} commit={place.commit} onCommit={(commit) => onPlace({ part: 'history', commit })} />
    case 'checkpoints':
      return <Checkpoints session={session} view={view} open={place.commit} onOpen={(commit) => onPlace({ part: 'checkpoints', commit })} />
  }
}

function WithStatus({ session, children }: { session: Session; children: (status: GitStatus) => ReactNode }) {
  const { data: status, error, refetch } = useGitStatus(session, 'closely')
  const icon = <GitBranch size={30} />
  if (session.status !== 'running') {
    return (
      <Notice icon={icon} title="The session does not run">
        Its repository is looked at by the session itself. Start it to see what changed.
      </Notice>
    )
  }
  const trouble = troubleOf(error)
  if (trouble !== null) {
    return (
      <Notice icon={icon} title={trouble.title} actions={trouble.command !== null && <Copyable text={trouble.command} label="the command" />}>
        <p className="first-letter:uppercase">{trouble.text}</p>
      </Notice>
    )
  }
  // One look that failed among many is no reason to take away what is known.
  if (status !== undefined) return children(status)
  if (error === null) return <div role="status" aria-label="Looking at the repository" className="skeleton m-3 h-40 rounded-xl" />
  return (
    <Notice icon={icon} title="The repository could not be read" actions={<Button onClick={() => void refetch()}>Try again</Button>}>
      {describe(error)}
    </Notice>
  )
}
