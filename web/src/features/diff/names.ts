// What files and their changes are called. Pure.
import type { GitFileChange } from '../../api/types'

export type ChangeName = GitFileChange | 'untracked' | 'conflicted'

export const CHANGE_WORDS: Record<ChangeName, { letter: string; word: string }> = {
  added: { letter: 'A', word: 'added' },
  modified: { letter: 'M', word: 'changed' },
  deleted: { letter: 'D', word: 'deleted' },
  renamed: { letter: 'R', word: 'renamed' },
  copied: { letter: 'C', word: 'copied' },
  typeChanged: { letter: 'T', word: 'became something else' },
  untracked: { letter: 'N', word: 'new' },
  conflicted: { letter: '!', word: 'to be settled' },
}

/** The directory with its slash, and the name. */
export function nameParts(path: string): [string, string] {
  const end = path.replace(/\/$/, '').lastIndexOf('/') + 1
  return [path.slice(0, end), path.slice(end)]
}
