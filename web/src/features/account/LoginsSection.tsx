// The logins at providers that open one's account: connecting one, and taking it away. Nothing where the house has no providers.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { client, settle } from '../../api/client'
import { identitiesQuery, methodsQuery } from '../../api/people'
import { Ago } from '../../ui/Ago'
import { Badge } from '../../ui/Badge'
import { Button } from '../../ui/Button'
import { Confirm } from '../../ui/Confirm'
import { Panel, Section } from '../../ui/Section'
import { ConnectDialog } from './ConnectDialog'
import { loginRows } from './identities'
import type { LoginRow } from './identities'

export function LoginsSection({ username, hasPassword }: { username: string; hasPassword: boolean }) {
  const queries = useQueryClient()
  const { data: methods } = useQuery(methodsQuery)
  const { data: identities } = useQuery(identitiesQuery)
  const [open, setOpen] = useState<LoginRow | null>(null)
  if (methods === undefined || identities === undefined) return null
  const rows = loginRows(methods.oidc, identities)
  if (rows.length === 0) return null
  return (
    <Section title="Other logins" lead="Log in with these instead of a name and password.">
      <Panel>
        {rows.map((row) => (
          <Row key={row.id} row={row} onAct={() => setOpen(row)} />
        ))}
      </Panel>
      {open?.kind === 'open' && <ConnectDialog provider={open} hasPassword={hasPassword} username={username} onClose={() => setOpen(null)} />}
      {open?.kind === 'connected' && (
        <Confirm
          title={`Disconnect ${open.name}?`}
          action="Disconnect"
          onConfirm={async () => {
            await settle(client.DELETE('/api/auth/identities/{provider}', { params: { path: { provider: open.id } } }))
            await queries.invalidateQueries({ queryKey: identitiesQuery.queryKey })
          }}
          onClose={() => setOpen(null)}
        >
          A login there does not open this account any more. Where you are logged in you stay so.
        </Confirm>
      )}
    </Section>
  )
}

function Row({ row, onAct }: { row: LoginRow; onAct: () => void }) {
  const connected = row.kind === 'connected'
  return (
    <div data-login={row.id} className="flex items-center gap-3 px-4 py-3">
      <KeyRound size={18} className="shrink-0 text-faint" />
      <div className="min-w-0 flex-1">
        <p className="flex items-center gap-2 text-sm font-medium">
          <span className="truncate">{row.name}</span>
          {connected && <Badge tone="run">Connected</Badge>}
        </p>
        <p className="text-xs text-faint">
          {connected ? (
            <>
              since {new Date(row.identity.createdAt).toLocaleDateString()} · <span className="whitespace-nowrap">used <Ago at={row.identity.lastUsedAt} /></span>
            </>
          ) : (
            'Not connected'
          )}
        </p>
      </div>
      <Button size="small" look={connected ? 'quiet' : 'plain'} aria-label={`${connected ? 'Disconnect' : 'Connect'} ${row.name}`} onClick={onAct}>
        {connected ? 'Disconnect' : 'Connect'}
      </Button>
    </div>
  )
}
