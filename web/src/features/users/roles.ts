// The roles in words.
import type { Role } from '../../api/types'

export const ROLES: readonly { value: Role; label: string; hint: string }[] = [
  { value: 'admin', label: 'Administrator', hint: 'Sees and drives every session, and looks after people, audit and settings.' },
  { value: 'member', label: 'Member', hint: 'Works in sessions of their own, and in those that others share with them.' },
  { value: 'viewer', label: 'Viewer', hint: 'Only looks at what others share with them.' },
]

export function roleWord(role: Role): string {
  return ROLES.find((known) => known.value === role)?.label ?? role
}

/** Sessions on the machine itself are for administrators, and for members who have the permission. */
export function hostMatters(role: Role): boolean {
  return role === 'member'
}
