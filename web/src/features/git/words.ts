// What is said of a repository's state. Pure.
import type { GitUnderway } from '../../api/types'

export const UNDERWAY_WORDS: Record<GitUnderway, string> = {
  merge: 'a merge is under way',
  rebase: 'a rebase is under way',
  cherryPick: 'a commit is being taken over',
  revert: 'a commit is being taken back',
  bisect: 'a fault is being searched for',
}

export function files(count: number): string {
  return count === 1 ? '1 file' : `${count.toLocaleString('en')} files`
}
