// How a session's repository stands, looked at as often as it matters.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { gitStatusQuery } from '../../api/git'
import type { Session } from '../../api/types'
import { statusPace } from './status'
import { troubleOf } from './troubles'

/** How often one looks whether there is a repository by now, in milliseconds. */
const STILL_NONE = 5000

export function useGitStatus(session: Session, looking: 'closely' | 'aside') {
  const queries = useQueryClient()
  const query = gitStatusQuery(session.id)
  // Most directories hold no repository, and that is no news to whoever does not ask: from aside only those are looked at that are known to.
  const mayHave = looking === 'closely' || session.repoType !== 'empty' || queries.getQueryData(query.queryKey) !== undefined
  return useQuery({
    ...query,
    enabled: session.status === 'running' && mayHave,
    // What happens in the repository is told by events; changes of files are seen by looking.
    refetchInterval: ({ state }) => (troubleOf(state.error) === null ? statusPace(state.data, looking) : looking === 'closely' && STILL_NONE),
  })
}
