// Taking somebody into the house.
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { client, unwrap } from '../../api/client'
import { describe, fieldErrors } from '../../api/problem'
import type { Role } from '../../api/types'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { TextField } from '../../ui/Field'
import { FormError } from '../../ui/FormError'
import { toast } from '../../ui/toast'
import { SHORTEST_PASSWORD } from '../auth/strength'
import { PasswordChoice, newPassword } from './PasswordChoice'
import { PasswordMade } from './PasswordMade'
import { RoleFields, permissionsOf } from './RoleFields'
import { useUserChanges } from './userChanges'

export function CreateUserDialog({ onClose }: { onClose: () => void }) {
  const { refresh } = useUserChanges()
  const [username, setUsername] = useState('')
  const [role, setRole] = useState<Role>('member')
  const [host, setHost] = useState(false)
  const [password, setPassword] = useState(newPassword)
  const create = useMutation({
    mutationFn: () => unwrap(client.POST('/api/users', { body: { username: username.trim(), password: password.text, role, permissions: permissionsOf(role, host) } })),
    onSuccess: async (user) => {
      await refresh()
      if (password.kind === 'generated') return
      toast(`${user.username} can log in now`)
      onClose()
    },
  })
  if (create.data !== undefined && password.kind === 'generated') {
    return <PasswordMade title={`${create.data.username} can log in now`} username={create.data.username} password={password.text} onClose={onClose} />
  }
  const errors = fieldErrors(create.error)
  return (
    <Dialog title="New person" onClose={onClose}>
      <form
        className="mt-4 space-y-5"
        onSubmit={(event) => {
          event.preventDefault()
          create.mutate()
        }}
      >
        <TextField
          label="User name"
          name="username"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          required
          value={username}
          error={errors['username']}
          onChange={(event) => setUsername(event.target.value)}
        />
        <RoleFields
          role={role}
          host={host}
          onChange={(part) => {
            if (part.role !== undefined) setRole(part.role)
            if (part.host !== undefined) setHost(part.host)
          }}
        />
        <PasswordChoice value={password} error={errors['password']} onChange={setPassword} />
        {create.isError && errors['username'] === undefined && errors['password'] === undefined && <FormError>{describe(create.error)}</FormError>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={create.isPending || username.trim() === '' || password.text.length < SHORTEST_PASSWORD}>
            Create person
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
