// The SSH keys that one keeps here: what the forges are given of them, where they are used, and the way to add and delete them.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Copy, KeyRound, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { client, settle } from '../../api/client'
import { sshKeysQuery } from '../../api/people'
import { describe } from '../../api/problem'
import type { SshKey } from '../../api/types'
import { Ago } from '../../ui/Ago'
import { Button, IconButton } from '../../ui/Button'
import { Confirm } from '../../ui/Confirm'
import { copyText } from '../../ui/clipboard'
import { Panel } from '../../ui/Section'
import { AddSshKeyDialog } from './AddSshKeyDialog'

export function SshKeysSection() {
  const queries = useQueryClient()
  const { data, error } = useQuery(sshKeysQuery)
  const [open, setOpen] = useState<'add' | SshKey | null>(null)
  const refresh = () => queries.invalidateQueries({ queryKey: sshKeysQuery.queryKey })
  return (
    <div className="space-y-3">
      <Panel>
        {error !== null && <p className="px-4 py-3 text-sm text-err">{describe(error)}</p>}
        {data === undefined && error === null && <div role="status" aria-label="Loading the keys" className="skeleton m-4 h-5 rounded" />}
        {data?.length === 0 && (
          <div className="flex items-center gap-3 px-4 py-4 text-sm text-soft">
            <KeyRound size={18} className="shrink-0 text-faint" />
            No keys yet. Have one made here and give its public half to your forge, or bring one along.
          </div>
        )}
        {data?.map((key) => (
          <KeyRow key={key.id} item={key} onDelete={() => setOpen(key)} />
        ))}
      </Panel>
      <Button onClick={() => setOpen('add')}>
        <Plus size={15} /> Add an SSH key
      </Button>
      {open === 'add' && <AddSshKeyDialog onAdded={refresh} onClose={() => setOpen(null)} />}
      {open !== null && open !== 'add' && (
        <Confirm
          title={`Delete “${open.name}”?`}
          action="Delete key"
          onConfirm={async () => {
            await settle(client.DELETE('/api/ssh-keys/{id}', { params: { path: { id: open.id } } }))
            await refresh()
          }}
          onClose={() => setOpen(null)}
        >
          It cannot be brought back. Remove its public half at your forge as well.
        </Confirm>
      )}
    </div>
  )
}

function KeyRow({ item, onDelete }: { item: SshKey; onDelete: () => void }) {
  return (
    <div data-ssh-key={item.name} className="flex items-start gap-2 px-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-baseline gap-x-2 text-sm font-medium">
          <span className="min-w-0 truncate">{item.name}</span>
          <span className="text-2xs font-normal text-faint">{item.type}</span>
        </p>
        <code className="mt-0.5 block truncate font-mono text-2xs text-faint" title={item.fingerprint}>
          {item.fingerprint}
        </code>
        <p className="mt-0.5 text-xs text-faint">
          {item.hosts.length > 0 && `also for ${item.hosts.join(', ')} · `}
          {item.lastUsedAt == null ? (
            'never used'
          ) : (
            <>
              used <Ago at={item.lastUsedAt} />
            </>
          )}
        </p>
      </div>
      <IconButton label={`Copy the public half of ${item.name}`} onClick={() => void copyText(item.publicKey, 'Public half')}>
        <Copy size={15} />
      </IconButton>
      <IconButton label={`Delete ${item.name}`} onClick={onDelete}>
        <Trash2 size={15} />
      </IconButton>
    </div>
  )
}
