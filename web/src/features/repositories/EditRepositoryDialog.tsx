// Changing a repository of the list: its name, its port, and where it comes from.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client, unwrap } from '../../api/client'
import { describe, fieldErrors } from '../../api/problem'
import { repositoriesKey } from '../../api/repositories'
import type { Repository } from '../../api/types'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { TextField } from '../../ui/Field'
import { FormError } from '../../ui/FormError'

export function EditRepositoryDialog({ repository, onClose }: { repository: Repository; onClose: () => void }) {
  const queries = useQueryClient()
  const [name, setName] = useState(repository.name)
  const [port, setPort] = useState(String(repository.port))
  const [gitUrl, setGitUrl] = useState(repository.gitUrl ?? '')
  const save = useMutation({
    mutationFn: () => {
      const body = {
        ...(name.trim() === repository.name ? {} : { name: name.trim() }),
        ...(port === String(repository.port) ? {} : { port: Number(port) }),
        ...(gitUrl.trim() === (repository.gitUrl ?? '') ? {} : { gitUrl: gitUrl.trim() }),
      }
      return unwrap(client.PUT('/api/repositories/{id}', { params: { path: { id: repository.id } }, body }))
    },
    onSuccess: () => {
      onClose()
      return queries.invalidateQueries({ queryKey: repositoriesKey })
    },
  })
  const errors = fieldErrors(save.error)
  const moves = repository.allowedActions.includes('move')
  const noted = ['name', 'port', 'gitUrl'].some((field) => errors[field] !== undefined)
  return (
    <Dialog title={`Edit “${repository.name}”`} width="wide" onClose={onClose}>
      <form
        className="mt-4 space-y-5"
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <div className="grid gap-4 sm:grid-cols-[1fr_9rem]">
          <TextField label="Name" name="repository-name" autoComplete="off" autoFocus required maxLength={64} value={name} error={errors['name']} onChange={(event) => setName(event.target.value)} />
          <TextField
            label="Port"
            name="repository-port"
            inputMode="numeric"
            autoComplete="off"
            mono
            required
            pattern="[0-9]{4,5}"
            value={port}
            error={errors['port']}
            onChange={(event) => setPort(event.target.value.trim())}
          />
        </div>
        <TextField
          label="Address"
          name="repository-url"
          mono
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          disabled={!moves}
          value={gitUrl}
          error={errors['gitUrl']}
          hint={moves ? 'It becomes origin of the working copy, and what the session pushes to.' : 'The session’s owner changes it, while the session runs.'}
          onChange={(event) => setGitUrl(event.target.value)}
        />
        <p className="text-xs text-faint text-pretty">Programs that run already keep the port that they found in PORT; the next start of the session has the new one.</p>
        {save.isError && !noted && <FormError>{describe(save.error)}</FormError>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={save.isPending || name.trim() === ''}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
