// Who else may see a session, and whether they may drive it. Every change holds at once.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { client, settle } from '../../api/client'
import { sharesKey, sharesQuery } from '../../api/people'
import { describe } from '../../api/problem'
import { sessionsQuery } from '../../api/queries'
import type { Session, Share, ShareAccess } from '../../api/types'
import { Avatar } from '../../ui/Avatar'
import { IconButton } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { FormError } from '../../ui/FormError'
import { useUser } from '../auth/useUser'
import { ACCESSES } from './access'
import { AddPerson } from './AddPerson'

export function ShareDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const user = useUser()
  const { data, error } = useQuery(sharesQuery(session.id))
  const { give, take } = useSharing(session.id)
  const shares = data?.items ?? []
  const failure = give.error ?? take.error ?? (data === undefined ? error : null)
  return (
    <Dialog title={`Share “${session.name}”`} description="Whoever looks sees everything that its terminals show, also what was there before." onClose={onClose}>
      <div className="mt-4 space-y-4">
        <AddPerson
          taken={[session.owner.id, ...shares.map((share) => share.userId)]}
          busy={give.isPending}
          onAdd={(person, access) => give.mutate({ userId: person.id, access })}
        />
        {failure !== null && <FormError>{describe(failure)}</FormError>}
        <ul aria-label="Who has access" className="divide-y divide-line border-y border-line">
          <PersonRow name={session.owner.username} note={session.owner.id === user?.id ? 'you' : undefined}>
            <span className="pr-2 text-xs text-faint">Owner</span>
          </PersonRow>
          {shares.map((share) => (
            <PersonRow key={share.userId} name={share.username} note={share.userId === user?.id ? 'you' : undefined}>
              <AccessPick share={share} disabled={give.isPending} onChange={(access) => give.mutate({ userId: share.userId, access })} />
              <IconButton label={`Stop sharing with ${share.username}`} disabled={take.isPending} onClick={() => take.mutate(share.userId)}>
                <X size={15} />
              </IconButton>
            </PersonRow>
          ))}
          {data === undefined && error === null && <li className="skeleton h-12" />}
        </ul>
        <p className="text-xs text-faint">
          {data?.items.length === 0 ? 'Nobody else yet. ' : ''}
          Administrators see every session.
        </p>
      </div>
    </Dialog>
  )
}

function useSharing(id: string) {
  const queries = useQueryClient()
  const refresh = (): Promise<unknown> =>
    Promise.all([
      queries.invalidateQueries({ queryKey: sharesKey(id) }),
      queries.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
      queries.invalidateQueries({ queryKey: ['session'] }),
    ])
  const give = useMutation({
    mutationFn: (share: { userId: string; access: ShareAccess }) => settle(client.POST('/api/sessions/{id}/shares', { params: { path: { id } }, body: share })),
    onSettled: refresh,
  })
  const take = useMutation({
    mutationFn: (user: string) => settle(client.DELETE('/api/sessions/{id}/shares/{user}', { params: { path: { id, user } } })),
    onSettled: refresh,
  })
  return { give, take }
}

function PersonRow({ name, note, children }: { name: string; note?: string | undefined; children: ReactNode }) {
  return (
    <li data-person={name} className="flex h-12 items-center gap-3">
      <Avatar name={name} tone={note === 'you' ? 'ember' : 'plain'} />
      <span className="min-w-0 flex-1 truncate text-sm font-medium">
        {name} {note !== undefined && <span className="text-xs font-normal text-faint">{note}</span>}
      </span>
      {children}
    </li>
  )
}

function AccessPick({ share, disabled, onChange }: { share: Share; disabled: boolean; onChange: (access: ShareAccess) => void }) {
  return (
    <select
      aria-label={`What ${share.username} may do`}
      title={ACCESSES.find((item) => item.value === share.access)?.hint}
      disabled={disabled}
      value={share.access}
      onChange={(event) => onChange(event.target.value === 'drive' ? 'drive' : 'view')}
      className="h-7 rounded-md border border-line-strong bg-surface px-1.5 text-xs text-soft hover:text-text coarse:h-10 coarse:text-[16px]"
    >
      {ACCESSES.map((item) => (
        <option key={item.value} value={item.value}>
          {item.label}
        </option>
      ))}
    </select>
  )
}
