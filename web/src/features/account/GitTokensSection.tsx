// The tokens with which one's sessions log in to git over HTTPS: for which places they are, and the way to add and delete them.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Plus, Ticket, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { client, settle, unwrap } from '../../api/client'
import { gitTokensQuery } from '../../api/people'
import { describe, fieldErrors } from '../../api/problem'
import type { GitToken } from '../../api/types'
import { Ago } from '../../ui/Ago'
import { Button, IconButton } from '../../ui/Button'
import { Confirm } from '../../ui/Confirm'
import { Dialog } from '../../ui/Dialog'
import { TextField } from '../../ui/Field'
import { FormError } from '../../ui/FormError'
import { Panel } from '../../ui/Section'

/** What a token is for, as in an address. */
const placeOf = ({ host, path }: Pick<GitToken, 'host' | 'path'>) => (path === null ? host : `${host}/${path}`)

export function GitTokensSection() {
  const queries = useQueryClient()
  const { data, error } = useQuery(gitTokensQuery)
  const [open, setOpen] = useState<'add' | GitToken | null>(null)
  const refresh = () => queries.invalidateQueries({ queryKey: gitTokensQuery.queryKey })
  return (
    <div className="space-y-3">
      <Panel>
        {error !== null && <p className="px-4 py-3 text-sm text-err">{describe(error)}</p>}
        {data === undefined && error === null && <div role="status" aria-label="Loading the git tokens" className="skeleton m-4 h-5 rounded" />}
        {data?.length === 0 && (
          <div className="flex items-center gap-3 px-4 py-4 text-sm text-soft">
            <Ticket size={18} className="shrink-0 text-faint" />
            None yet. Add one that your forge gave you to work with private repositories by their https address.
          </div>
        )}
        {data?.map((token) => (
          <TokenRow key={token.id} token={token} onDelete={() => setOpen(token)} />
        ))}
      </Panel>
      <Button onClick={() => setOpen('add')}>
        <Plus size={15} /> Add a git token
      </Button>
      {open === 'add' && <AddGitTokenDialog onAdded={refresh} onClose={() => setOpen(null)} />}
      {open !== null && open !== 'add' && (
        <Confirm
          title={`Delete the token for “${placeOf(open)}”?`}
          action="Delete token"
          onConfirm={async () => {
            await settle(client.DELETE('/api/git-tokens/{id}', { params: { path: { id: open.id } } }))
            await refresh()
          }}
          onClose={() => setOpen(null)}
        >
          No session is given it any more. It cannot be brought back; revoke it at your forge as well.
        </Confirm>
      )}
    </div>
  )
}

function TokenRow({ token, onDelete }: { token: GitToken; onDelete: () => void }) {
  const place = placeOf(token)
  return (
    <div data-git-token={place} className="flex items-start gap-2 px-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="truncate font-mono text-sm font-medium">{place}</p>
        <p className="mt-0.5 text-xs text-faint">
          as {token.username} ·{' '}
          {token.lastUsedAt === null ? (
            'never used'
          ) : (
            <>
              last used <Ago at={token.lastUsedAt} />
            </>
          )}
        </p>
      </div>
      <IconButton label={`Delete the token for ${place}`} onClick={onDelete}>
        <Trash2 size={15} />
      </IconButton>
    </div>
  )
}

function AddGitTokenDialog({ onAdded, onClose }: { onAdded: () => Promise<unknown>; onClose: () => void }) {
  const [host, setHost] = useState('')
  const [path, setPath] = useState('')
  const [username, setUsername] = useState('')
  const [token, setToken] = useState('')
  const add = useMutation({
    mutationFn: () => unwrap(client.POST('/api/git-tokens', { body: { host: host.trim(), path: path.trim() || null, username: username.trim() || null, token } })),
    onSuccess: async () => {
      setToken('')
      await onAdded()
      onClose()
    },
  })
  const errors = fieldErrors(add.error)
  const shown = ['host', 'path', 'username', 'token']
  return (
    <Dialog title="Add a git token" description="It stays with the server, sealed. Git in a session is given it for the session’s own repository." onClose={onClose}>
      <form
        className="mt-4 space-y-5"
        onSubmit={(event) => {
          event.preventDefault()
          add.mutate()
        }}
      >
        <TextField label="Host" name="git-host" mono placeholder="git.example.org" autoComplete="off" autoCapitalize="off" autoFocus required value={host} error={errors['host']} onChange={(event) => setHost(event.target.value)} />
        <TextField
          label="Path (optional)"
          name="git-path"
          mono
          placeholder="team"
          autoComplete="off"
          autoCapitalize="off"
          value={path}
          error={errors['path']}
          hint="The beginning of the repositories’ paths, in whole names. Of several tokens for a host, the one with the longest path that fits is taken."
          onChange={(event) => setPath(event.target.value)}
        />
        <TextField
          label="User name (optional)"
          name="git-username"
          mono
          placeholder="git"
          autoComplete="off"
          autoCapitalize="off"
          value={username}
          error={errors['username']}
          hint="Most forges take any with a token."
          onChange={(event) => setUsername(event.target.value)}
        />
        <TextField
          label="Token"
          name="git-token"
          type="password"
          autoComplete="off"
          required
          value={token}
          error={errors['token']}
          hint="Whoever may type in a session can read what its git is given: take one that may do no more than it has to."
          onChange={(event) => setToken(event.target.value)}
        />
        {add.isError && !shown.some((field) => errors[field] !== undefined) && <FormError>{describe(add.error)}</FormError>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={add.isPending || host.trim() === '' || token === ''}>
            Add the token
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
