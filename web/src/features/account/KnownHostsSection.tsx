// The hosts that one's sessions know over SSH. One that showed another key than before was not spoken to, and says so here.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Server, ShieldAlert, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { client, settle } from '../../api/client'
import { knownHostsQuery } from '../../api/people'
import { describe } from '../../api/problem'
import type { KnownHost } from '../../api/types'
import { Ago } from '../../ui/Ago'
import { IconButton } from '../../ui/Button'
import { Confirm } from '../../ui/Confirm'
import { Panel } from '../../ui/Section'

export function KnownHostsSection() {
  const queries = useQueryClient()
  const { data, error } = useQuery(knownHostsQuery)
  const [forgetting, setForgetting] = useState<KnownHost | null>(null)
  return (
    <Panel>
      {error !== null && <p className="px-4 py-3 text-sm text-err">{describe(error)}</p>}
      {data === undefined && error === null && <div role="status" aria-label="Loading the hosts" className="skeleton m-4 h-5 rounded" />}
      {data?.length === 0 && (
        <div className="flex items-center gap-3 px-4 py-4 text-sm text-soft">
          <Server size={18} className="shrink-0 text-faint" />
          None yet. A host is believed when a session meets it first, and held to that key from then on.
        </div>
      )}
      {data?.map((host) => (
        <HostRow key={host.id} host={host} onForget={() => setForgetting(host)} />
      ))}
      {forgetting !== null && (
        <Confirm
          title={`Forget “${forgetting.host}”?`}
          action="Forget the host"
          onConfirm={async () => {
            await settle(client.DELETE('/api/known-hosts/{id}', { params: { path: { id: forgetting.id } } }))
            await queries.invalidateQueries({ queryKey: knownHostsQuery.queryKey })
          }}
          onClose={() => setForgetting(null)}
        >
          The key that it shows next is believed. Compare that with what the host’s people publish, for whoever stands in between could show one of their own.
        </Confirm>
      )}
    </Panel>
  )
}

function HostRow({ host, onForget }: { host: KnownHost; onForget: () => void }) {
  return (
    <div data-known-host={host.host} className="px-4 py-3">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <p className="flex flex-wrap items-baseline gap-x-2 text-sm font-medium">
            <span className="min-w-0 truncate font-mono">{host.host}</span>
            <span className="text-2xs font-normal text-faint">{host.type}</span>
          </p>
          <code className="mt-0.5 block truncate font-mono text-2xs text-faint" title={host.fingerprint}>
            {host.fingerprint}
          </code>
          <p className="mt-0.5 text-xs text-faint">
            first seen <Ago at={host.firstSeenAt} />
          </p>
        </div>
        <IconButton label={`Forget ${host.host}`} onClick={onForget}>
          <Trash2 size={15} />
        </IconButton>
      </div>
      {host.refusedFingerprint !== null && (
        <div role="alert" className="mt-2 flex gap-2.5 rounded-lg bg-err-wash px-3 py-2 text-xs text-err">
          <ShieldAlert size={14} className="mt-px shrink-0" />
          <p className="min-w-0 wrap-anywhere">
            It showed another key{' '}
            {host.refusedAt !== null && <Ago at={host.refusedAt} />}, and was not spoken to: <code className="font-mono">{host.refusedFingerprint}</code>. If its people did change the key,
            forget the host; if not, somebody stands in between.
          </p>
        </div>
      )}
    </div>
  )
}
