// Changing what somebody may.
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { describe } from '../../api/problem'
import type { Account } from '../../api/types'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { FormError } from '../../ui/FormError'
import { toast } from '../../ui/toast'
import { RoleFields, permissionsOf } from './RoleFields'
import { useUserChanges } from './userChanges'

export function EditUserDialog({ user, onClose }: { user: Account; onClose: () => void }) {
  const { change } = useUserChanges()
  const [role, setRole] = useState(user.role)
  const [host, setHost] = useState(user.permissions.includes('host'))
  const save = useMutation({
    mutationFn: () => change(user.id, { role, permissions: permissionsOf(role, host) }),
    onSuccess: () => {
      toast(`What ${user.username} may is changed`)
      onClose()
    },
  })
  return (
    <Dialog title={`Rights of ${user.username}`} description="A change holds at once, also where they are logged in now." onClose={onClose}>
      <form
        className="mt-4 space-y-5"
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <RoleFields
          role={role}
          host={host}
          onChange={(part) => {
            if (part.role !== undefined) setRole(part.role)
            if (part.host !== undefined) setHost(part.host)
          }}
        />
        {save.isError && <FormError>{describe(save.error)}</FormError>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
