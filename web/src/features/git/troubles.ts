// What keeps one from working with a repository, and what one can do about it. Pure.
import { ApiError } from '../../api/problem'

export interface Trouble {
  title: string
  text: string
  /** What can be typed into a terminal about it. */
  command: string | null
}

const TITLES: Partial<Record<string, string>> = {
  'git.no_repository': 'No repository here',
  'git.above': 'The repository begins further up',
  'git.elsewhere': 'The repository lies elsewhere',
  'git.bare': 'The repository has no working tree',
  'git.no_git': 'Git is not installed',
  'git.unsupported': 'The session knows no git',
}

/** What stands in place of all that a repository shows; `null` where asking again may help. */
export function troubleOf(error: unknown): Trouble | null {
  if (!(error instanceof ApiError)) return null
  const { code } = error.problem
  const title = TITLES[code]
  if (title === undefined) return null
  if (code === 'git.no_repository') {
    return { title, text: 'Begin one in a terminal, or clone one into the working directory. A new session can begin with a clone.', command: 'git init' }
  }
  return { title, text: error.message, command: null }
}
