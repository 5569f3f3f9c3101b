// What a session's programs may reach; the list of a closed one can be changed while it runs.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { client, unwrap } from '../../api/client'
import { describe } from '../../api/problem'
import { sessionQuery, sessionsQuery } from '../../api/queries'
import type { Session } from '../../api/types'
import { Button } from '../../ui/Button'
import { FormError } from '../../ui/FormError'
import { NETWORK_WORDS } from '../creation/container'
import { otherErrors, serverErrors } from '../creation/fields'
import { hostsError, readHosts } from '../creation/hosts'
import { HostsField } from '../creation/HostsField'
import { may } from './actions'
import { FactSection } from './Facts'

export function NetworkFacts({ session }: { session: Session }) {
  const [editing, setEditing] = useState(false)
  if (session.runtime === 'host') return null
  const { label, hint } = NETWORK_WORDS[session.network]
  return (
    <FactSection title="Network">
      <p className="text-xs font-medium">{label}</p>
      <p className="text-xs text-faint text-pretty">{hint}</p>
      {session.network === 'allowlist' &&
        (editing ? (
          <HostsForm session={session} onDone={() => setEditing(false)} />
        ) : (
          <>
            <ul aria-label="Hosts" className="mt-2 space-y-0.5 font-mono text-2xs leading-4.5 break-all">
              {session.allowHosts.map((host) => (
                <li key={host}>{host}</li>
              ))}
            </ul>
            {session.allowHosts.length === 0 && <p className="mt-2 text-xs text-faint">No host is listed: nothing is reached.</p>}
            {may(session, 'update') && (
              <Button size="small" look="quiet" className="mt-1.5 -ml-2" onClick={() => setEditing(true)}>
                <Pencil size={12} /> Change the list
              </Button>
            )}
          </>
        ))}
    </FactSection>
  )
}

function HostsForm({ session, onDone }: { session: Session; onDone: () => void }) {
  const queries = useQueryClient()
  const [text, setText] = useState(session.allowHosts.join('\n'))
  const change = useMutation({
    mutationFn: () =>
      unwrap(client.PATCH('/api/sessions/{id}', { params: { path: { id: session.id } }, body: { allowHosts: readHosts(text) } })),
    onSuccess: (changed) => {
      queries.setQueryData(sessionQuery(session.id).queryKey, changed)
      void queries.invalidateQueries({ queryKey: sessionsQuery.queryKey })
      onDone()
    },
  })
  const found = hostsError(text)
  const said = serverErrors(change.error)['allowHosts']
  const elsewhere = change.error !== null && said === undefined
  return (
    <form
      className="mt-2 space-y-2"
      onSubmit={(event) => {
        event.preventDefault()
        if (found === null) change.mutate()
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        onDone()
      }}
    >
      <HostsField value={text} error={found ?? said} onChange={setText} autoFocus />
      {elsewhere && (
        <FormError>
          {describe(change.error)}
          {otherErrors(change.error).map(({ message }) => ` ${message}`)}
        </FormError>
      )}
      <p className="text-xs text-faint">It holds at once: connections that the list does not allow any more end.</p>
      <div className="flex justify-end gap-2">
        <Button size="small" look="quiet" onClick={onDone}>
          Cancel
        </Button>
        <Button size="small" look="primary" type="submit" disabled={change.isPending}>
          Save the list
        </Button>
      </div>
    </form>
  )
}
