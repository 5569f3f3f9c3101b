// How a session's repository stands, looked at as often as it matters.
import { useQuery } from '@tanstack/react-query'
import { gitStatusQuery } from '../../api/git'
import type { Session } from '../../api/types'
import { statusPace } from './status'
import { troubleOf } from './troubles'

/** How often one looks whether there is a repository by now, in milliseconds. */
const STILL_NONE = 30_000

export function useGitStatus(session: Session, looking: 'closely' | 'aside') {
  return useQuery({
    ...gitStatusQuery(session.id),
    enabled: session.status === 'running',
    // What happens in the repository is told by events; changes of files are seen by looking.
    refetchInterval: ({ state }) => (troubleOf(state.error) === null ? statusPace(state.data, looking) : looking === 'closely' ? 5000 : STILL_NONE),
  })
}
