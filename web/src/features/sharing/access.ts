// What one may do with a session, and who it is shared with, in words: pure functions.
import type { Session, ShareAccess } from '../../api/types'

export const ACCESSES: readonly { value: ShareAccess; label: string; hint: string }[] = [
  { value: 'view', label: 'Can look', hint: 'Sees the terminals and cannot type.' },
  { value: 'drive', label: 'Can drive', hint: 'Types, starts and stops, like you.' },
]

/** Why somebody who only looks cannot do more; `null` for everybody else. */
export function onlyLooking(session: Session): string | null {
  return session.access === 'view' ? `You may only look: ${session.owner.username} owns this session` : null
}

/** Why somebody cannot do what is for the owner alone. */
export function ownersOnly(session: Session): string {
  return `Only ${session.owner.username} and administrators can do this`
}

export type Sharing =
  /** It is somebody else's. */
  | { kind: 'others'; owner: string; access: ShareAccess | 'own' }
  /** It is one's own, and that many others see it. */
  | { kind: 'shared'; people: number }
  | { kind: 'private' }

export function sharingOf(session: Session, userId: string | undefined): Sharing {
  if (session.owner.id !== userId) return { kind: 'others', owner: session.owner.username, access: session.access }
  const people = session.shared
  return people > 0 ? { kind: 'shared', people } : { kind: 'private' }
}

export function peopleWord(people: number): string {
  return people === 1 ? '1 person' : `${people} people`
}
