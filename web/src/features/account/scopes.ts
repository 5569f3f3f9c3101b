// What an API token may be allowed, in words.
import type { Role, Scope } from '../../api/types'

export const SCOPES: readonly { value: Scope; label: string; hint: string }[] = [
  { value: 'sessions:read', label: 'Look at sessions', hint: 'Lists, screens, logs, events' },
  { value: 'sessions:write', label: 'Drive sessions', hint: 'Create, start, stop, type, delete' },
  { value: 'files:read', label: 'Read files', hint: 'List and download' },
  { value: 'files:write', label: 'Write files', hint: 'Upload, change, delete' },
  { value: 'metrics', label: 'Metrics', hint: 'For a monitoring system' },
  { value: 'admin', label: 'Administration', hint: 'People, audit, settings' },
]

/** A token never may more than its owner; what they cannot do is not offered. */
export function offeredScopes(role: Role): typeof SCOPES {
  if (role === 'admin') return SCOPES
  const looking: readonly Scope[] = ['sessions:read', 'files:read']
  return SCOPES.filter(({ value }) => (role === 'viewer' ? looking.includes(value) : value !== 'admin' && value !== 'metrics'))
}

export const EXPIRIES: readonly { days: number | null; label: string }[] = [
  { days: 7, label: '7 days' },
  { days: 30, label: '30 days' },
  { days: 90, label: '90 days' },
  { days: 365, label: 'A year' },
  { days: null, label: 'Never' },
]
export const USUAL_EXPIRY = 90

export type Lifetime = { kind: 'ended' } | { kind: 'soon' | 'later'; days: number } | { kind: 'unlimited' }

const DAY_MS = 86_400_000
/** An end this near is worth a warning, in days. */
const SOON_DAYS = 7

/** How long a token goes on working. */
export function lifetime(expiresAt: string | null | undefined, now: number): Lifetime {
  if (expiresAt == null) return { kind: 'unlimited' }
  const left = Date.parse(expiresAt) - now
  if (left <= 0) return { kind: 'ended' }
  const days = Math.ceil(left / DAY_MS)
  return { kind: days <= SOON_DAYS ? 'soon' : 'later', days }
}
