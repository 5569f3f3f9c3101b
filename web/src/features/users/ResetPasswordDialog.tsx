// A new password for somebody who has lost theirs.
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { describe, fieldErrors } from '../../api/problem'
import type { Account } from '../../api/types'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { FormError } from '../../ui/FormError'
import { toast } from '../../ui/toast'
import { SHORTEST_PASSWORD } from '../auth/strength'
import { PasswordChoice, newPassword } from './PasswordChoice'
import { PasswordMade } from './PasswordMade'
import { useUserChanges } from './userChanges'

export function ResetPasswordDialog({ user, onClose }: { user: Account; onClose: () => void }) {
  const { change } = useUserChanges()
  const [password, setPassword] = useState(newPassword)
  const reset = useMutation({
    mutationFn: () => change(user.id, { password: password.text }),
    onSuccess: () => {
      if (password.kind === 'generated') return
      toast(`${user.username} has a new password`)
      onClose()
    },
  })
  if (reset.isSuccess && password.kind === 'generated') {
    return <PasswordMade title={`${user.username} has a new password`} username={user.username} password={password.text} onClose={onClose} />
  }
  const errors = fieldErrors(reset.error)
  return (
    <Dialog title={`New password for ${user.username}`} description="They are logged out everywhere." onClose={onClose}>
      <form
        className="mt-4 space-y-5"
        onSubmit={(event) => {
          event.preventDefault()
          reset.mutate()
        }}
      >
        <PasswordChoice value={password} error={errors['password']} onChange={setPassword} />
        {reset.isError && errors['password'] === undefined && <FormError>{describe(reset.error)}</FormError>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={reset.isPending || password.text.length < SHORTEST_PASSWORD}>
            Set password
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
