// How a repository stands, in a few words: what the table shows of it.
import type { Repository } from '../../api/types'

export interface Standing {
  /** The branch, or why there is none to be named. */
  branch: string
  /** Whether that is a branch's name. */
  named: boolean
  /** Whether something is not committed; null where nobody knows. */
  dirty: boolean | null
  /** Commits before and behind the branch that it follows: "2 ahead, 1 behind"; empty where there is nothing to say. */
  distance: string
  /** Whether it is as it was heard of last, and not as it is. */
  old: boolean
}

export function standing(repository: Repository): Standing {
  const { branch, asOf, dirty, problem } = repository
  return {
    branch: branch ?? (asOf === null ? waiting(repository) : 'no branch'),
    named: branch !== null,
    dirty,
    distance: distance(repository.ahead, repository.behind),
    old: asOf !== null && (!repository.running || problem !== null),
  }
}

function waiting({ sessionStatus, problem }: Repository): string {
  if (problem !== null) return 'no repository'
  if (sessionStatus === 'error') return 'not there'
  return sessionStatus === 'pending' || sessionStatus === 'starting' ? 'on its way' : 'not looked at yet'
}

function distance(ahead: number | null, behind: number | null): string {
  const parts = [ahead !== null && ahead > 0 ? `${ahead} ahead` : '', behind !== null && behind > 0 ? `${behind} behind` : '']
  return parts.filter(Boolean).join(', ')
}

/** What is wrong with it, for people; null where nothing is. */
export function trouble({ problem, sessionStatus, sessionStatusReason }: Repository): string | null {
  if (problem !== null) return problem.detail
  return sessionStatus === 'error' ? (sessionStatusReason ?? 'Its session ended with an error.') : null
}

/** Those in whose name, session, address or branch the text occurs, by name. */
export function selectRepositories(repositories: readonly Repository[], text: string): Repository[] {
  const wanted = text.trim().toLowerCase()
  const words = ({ name, sessionName, gitUrl, branch, path }: Repository): string => [name, sessionName, gitUrl ?? '', branch ?? '', path].join('\n').toLowerCase()
  return repositories
    .filter((repository) => words(repository).includes(wanted))
    .toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true, sensitivity: 'base' }) || a.id.localeCompare(b.id))
}
