// Deleting an account. Whoever owns sessions leaves them to somebody, or they go too: one of the two must be said.
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { usersQuery } from '../../api/people'
import { describe, hasCode } from '../../api/problem'
import type { Account } from '../../api/types'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { FormError } from '../../ui/FormError'
import { toast } from '../../ui/toast'
import { successors } from './selectUsers'
import { useUserChanges } from './userChanges'

type Fate = 'handOver' | 'remove'

export function DeleteUserDialog({ user, onClose }: { user: Account; onClose: () => void }) {
  const { remove } = useUserChanges()
  const { data: users = [] } = useQuery(usersQuery)
  const heirs = successors(users, user)
  const [fate, setFate] = useState<Fate>('handOver')
  const [heir, setHeir] = useState('')
  const removal = useMutation({
    mutationFn: () => {
      if (!asks) return remove(user.id, {})
      return remove(user.id, fate === 'remove' ? { removeSessions: true } : { handOverTo: chosen })
    },
    onSuccess: () => {
      toast(`${user.username} is deleted`)
      onClose()
    },
  })
  // Sessions may have been made since the list was read: then the server asks.
  const askedByServer = hasCode(removal.error, 'user.has_sessions')
  const asks = user.sessions > 0 || askedByServer
  const chosen = heir === '' ? (heirs[0]?.id ?? '') : heir
  return (
    <Dialog
      title={`Delete ${user.username}?`}
      description={user.disabled ? 'This cannot be undone.' : 'This cannot be undone. To only lock somebody out, disable them.'}
      onClose={onClose}
    >
      {asks && (
        <fieldset className="mt-4 space-y-2">
          <legend className="mb-2 text-sm">{ownsWords(user.sessions)} What becomes of them?</legend>
          <label className="flex items-start gap-2.5 text-sm">
            <input type="radio" name="fate" className="mt-1 accent-ember" checked={fate === 'handOver'} disabled={heirs.length === 0} onChange={() => setFate('handOver')} />
            <span className="min-w-0 flex-1">
              Hand them over to
              <select
                aria-label="Who gets the sessions"
                className="ml-2 h-8 max-w-48 rounded-md border border-line-strong bg-surface px-2 text-sm coarse:h-10 coarse:text-[16px]"
                value={chosen}
                disabled={fate !== 'handOver'}
                onChange={(event) => setHeir(event.target.value)}
              >
                {heirs.map((item) => (
                  <option key={item.id} value={item.id}>
                    {item.username}
                  </option>
                ))}
              </select>
              <span className="block text-xs text-faint">They go on running as they are.</span>
            </span>
          </label>
          <label className="flex items-start gap-2.5 text-sm">
            <input type="radio" name="fate" className="mt-1 accent-ember" checked={fate === 'remove'} onChange={() => setFate('remove')} />
            <span>
              Delete them too
              <span className="block text-xs text-faint">Their programs end; terminals, settings and logs go.</span>
            </span>
          </label>
        </fieldset>
      )}
      {removal.isError && !askedByServer && (
        <div className="mt-4">
          <FormError>{describe(removal.error)}</FormError>
        </div>
      )}
      <div className="mt-6 flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="danger" disabled={removal.isPending || (asks && fate === 'handOver' && chosen === '')} onClick={() => removal.mutate()}>
          Delete {user.username}
        </Button>
      </div>
    </Dialog>
  )
}

function ownsWords(sessions: number): string {
  if (sessions === 0) return 'They own sessions.'
  return sessions === 1 ? 'They own a session.' : `They own ${sessions} sessions.`
}
