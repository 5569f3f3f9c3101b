// Keys for programs that act in one's name.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { client, settle } from '../../api/client'
import { tokensQuery } from '../../api/people'
import { describe } from '../../api/problem'
import type { ApiToken } from '../../api/types'
import { Ago } from '../../ui/Ago'
import { Badge } from '../../ui/Badge'
import { Button, IconButton } from '../../ui/Button'
import { Confirm } from '../../ui/Confirm'
import { FormError } from '../../ui/FormError'
import { Panel } from '../../ui/Section'
import { useNow } from '../../ui/useNow'
import { CreateTokenDialog } from './CreateTokenDialog'
import { lifetime } from './scopes'

export function TokensSection() {
  const queries = useQueryClient()
  const { data, error } = useQuery(tokensQuery)
  const [open, setOpen] = useState<'create' | ApiToken | null>(null)
  const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: tokensQuery.queryKey })
  if (error !== null && data === undefined) return <FormError>{describe(error)}</FormError>
  return (
    <div className="space-y-3">
      <Panel>
        {data === undefined && <div className="skeleton h-14" />}
        {data?.length === 0 && (
          <div className="flex items-center gap-3 px-4 py-5 text-sm text-soft">
            <KeyRound size={18} className="shrink-0 text-faint" />
            No tokens yet. Make one for a script or a program that should work in your name.
          </div>
        )}
        {data?.map((token) => (
          <TokenRow key={token.id} token={token} onDelete={() => setOpen(token)} />
        ))}
      </Panel>
      <Button onClick={() => setOpen('create')}>
        <Plus size={15} /> New token
      </Button>
      {open === 'create' && <CreateTokenDialog onCreated={refresh} onClose={() => setOpen(null)} />}
      {open !== null && open !== 'create' && (
        <Confirm
          title={`Delete “${open.name}”?`}
          action="Delete token"
          onConfirm={async () => {
            await settle(client.DELETE('/api/tokens/{id}', { params: { path: { id: open.id } } }))
            await refresh()
          }}
          onClose={() => setOpen(null)}
        >
          Whatever uses this token stops working at once.
        </Confirm>
      )}
    </div>
  )
}

function TokenRow({ token, onDelete }: { token: ApiToken; onDelete: () => void }) {
  return (
    <div data-token={token.name} className="flex items-start gap-3 px-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm font-medium">
          <span className="truncate">{token.name}</span>
          <code className="font-mono text-2xs font-normal text-faint">{token.hint}…</code>
          <Expiry expiresAt={token.expiresAt} />
        </p>
        <p className="mt-0.5 text-xs text-faint">
          {token.scopes.join(', ')} ·{' '}
          {token.lastUsedAt == null ? (
            'never used'
          ) : (
            <>
              used <Ago at={token.lastUsedAt} />
            </>
          )}
        </p>
      </div>
      <IconButton label={`Delete ${token.name}`} onClick={onDelete}>
        <Trash2 size={15} />
      </IconButton>
    </div>
  )
}

function Expiry({ expiresAt }: { expiresAt: string | null | undefined }) {
  const life = lifetime(expiresAt, useNow())
  if (life.kind === 'unlimited') return <Badge>no end</Badge>
  if (life.kind === 'ended') return <Badge tone="err">ended</Badge>
  return <Badge tone={life.kind === 'soon' ? 'need' : 'plain'}>{life.days === 1 ? 'ends within a day' : `${life.days} days left`}</Badge>
}
