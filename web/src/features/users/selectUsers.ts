// Which people the list shows, and who may take over somebody's sessions: pure functions.
import type { Account } from '../../api/types'
import { roleWord } from './roles'

/** Those whose name or role has every word of the text. */
export function selectUsers(users: readonly Account[], text: string): Account[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return users
    .filter((user) => {
      const about = `${user.username} ${roleWord(user.role)} ${user.disabled ? 'disabled' : ''}`.toLowerCase()
      return words.every((word) => about.includes(word))
    })
    .toSorted((a, b) => Number(a.disabled) - Number(b.disabled) || a.username.localeCompare(b.username))
}

/** A viewer cannot own a session, and somebody who is disabled cannot use one. */
export function successors(users: readonly Account[], leaving: Account): Account[] {
  return users
    .filter((user) => user.id !== leaving.id && !user.disabled && user.role !== 'viewer')
    .toSorted((a, b) => a.username.localeCompare(b.username))
}
