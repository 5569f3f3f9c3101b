// Where one is logged in, and how to end it.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Monitor, Smartphone } from 'lucide-react'
import { client, settle } from '../../api/client'
import { signInsQuery } from '../../api/people'
import { describe } from '../../api/problem'
import type { SignIn } from '../../api/types'
import { Ago } from '../../ui/Ago'
import { Badge } from '../../ui/Badge'
import { Button } from '../../ui/Button'
import { FormError } from '../../ui/FormError'
import { Panel } from '../../ui/Section'
import { toast } from '../../ui/toast'
import { clientName, isHandheld } from './clientName'

export function SignInsSection() {
  const queries = useQueryClient()
  const { data, error } = useQuery(signInsQuery)
  const end = useMutation({
    mutationFn: (which: SignIn | 'others') =>
      settle(which === 'others' ? client.DELETE('/api/auth/sign-ins') : client.DELETE('/api/auth/sign-ins/{id}', { params: { path: { id: which.id } } })),
    onSuccess: (_, which) => toast(which === 'others' ? 'You are logged out everywhere else' : 'That login has ended'),
    onError: (failure) => toast(describe(failure), 'error'),
    onSettled: () => queries.invalidateQueries({ queryKey: signInsQuery.queryKey }),
  })
  if (error !== null && data === undefined) return <FormError>{describe(error)}</FormError>
  const sorted = (data ?? []).toSorted((a, b) => Number(b.current) - Number(a.current) || Date.parse(b.lastUsedAt) - Date.parse(a.lastUsedAt))
  return (
    <div className="space-y-3">
      <Panel>
        {data === undefined && <div className="skeleton h-14" />}
        {sorted.map((signIn) => (
          <SignInRow key={signIn.id} signIn={signIn} busy={end.isPending} onEnd={() => end.mutate(signIn)} />
        ))}
      </Panel>
      {sorted.length > 1 && (
        <Button disabled={end.isPending} onClick={() => end.mutate('others')}>
          Log out everywhere else
        </Button>
      )}
    </div>
  )
}

function SignInRow({ signIn, busy, onEnd }: { signIn: SignIn; busy: boolean; onEnd: () => void }) {
  const name = clientName(signIn.client)
  const Icon = isHandheld(signIn.client) ? Smartphone : Monitor
  return (
    <div data-sign-in={signIn.current ? 'current' : 'other'} className="flex items-center gap-3 px-4 py-3">
      <Icon size={18} className="shrink-0 text-faint" />
      <div className="min-w-0 flex-1">
        <p className="flex items-center gap-2 text-sm font-medium">
          <span className="truncate" title={signIn.client}>
            {name}
          </span>
          {signIn.current && <Badge tone="run">This one</Badge>}
        </p>
        <p className="text-xs text-faint">
          {signIn.address} · <span className="whitespace-nowrap">since {new Date(signIn.createdAt).toLocaleDateString()}</span> ·{' '}
          <span className="whitespace-nowrap">
            active <Ago at={signIn.lastUsedAt} />
          </span>
        </p>
      </div>
      {!signIn.current && (
        <Button size="small" look="quiet" disabled={busy} aria-label={`Log out ${name}`} onClick={onEnd}>
          Log out
        </Button>
      )}
    </div>
  )
}
