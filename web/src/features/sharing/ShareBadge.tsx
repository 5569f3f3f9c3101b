// Whose session it is, and whether others see it: a small mark on cards and rows.
import { Eye, Users } from 'lucide-react'
import type { Session } from '../../api/types'
import { Avatar } from '../../ui/Avatar'
import { useUser } from '../auth/useUser'
import { peopleWord, sharingOf } from './access'

export function ShareBadge({ session }: { session: Session }) {
  const sharing = sharingOf(session, useUser()?.id)
  if (sharing.kind === 'private') return null
  if (sharing.kind === 'shared') {
    return (
      <span data-sharing="shared" title={`Shared with ${peopleWord(sharing.people)}`} className="inline-flex items-center gap-1 text-2xs text-faint tabular-nums">
        <Users size={12} /> {sharing.people}
        <span className="sr-only">{sharing.people === 1 ? 'person sees it too' : 'people see it too'}</span>
      </span>
    )
  }
  return (
    <span
      data-sharing={sharing.access}
      title={sharing.access === 'view' ? `${sharing.owner} lets you look` : `Owned by ${sharing.owner}`}
      className="inline-flex min-w-0 items-center gap-1.5 text-2xs text-soft"
    >
      <Avatar name={sharing.owner} size="small" />
      <span className="truncate">{sharing.owner}</span>
      {sharing.access === 'view' && <Eye size={12} className="shrink-0 text-faint" aria-label="look only" />}
    </span>
  )
}
