// Changing one's own password.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { auth } from '../../api/browserAuth'
import { signInsQuery } from '../../api/people'
import { describe, fieldErrors } from '../../api/problem'
import { Button } from '../../ui/Button'
import { FormError } from '../../ui/FormError'
import { toast } from '../../ui/toast'
import { PasswordField } from '../auth/PasswordField'
import { SHORTEST_PASSWORD } from '../auth/strength'

export function PasswordSection({ username }: { username: string }) {
  const queries = useQueryClient()
  const [currentPassword, setCurrent] = useState('')
  const [newPassword, setNew] = useState('')
  const change = useMutation({
    mutationFn: () => auth.changePassword(currentPassword, newPassword),
    onSuccess: async () => {
      setCurrent('')
      setNew('')
      toast('Your password is changed. Every other device is logged out.')
      await queries.invalidateQueries({ queryKey: signInsQuery.queryKey })
    },
  })
  const errors = fieldErrors(change.error)
  return (
    <form
      className="max-w-sm space-y-4"
      onSubmit={(event) => {
        event.preventDefault()
        change.mutate()
      }}
    >
      {/* Password managers want to know whose password it is. */}
      <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
      <PasswordField label="Current password" name="current-password" purpose="current" value={currentPassword} onChange={setCurrent} error={errors['currentPassword']} />
      <PasswordField label="New password" name="new-password" purpose="new" value={newPassword} onChange={setNew} error={errors['newPassword']} />
      {change.isError && Object.keys(errors).length === 0 && <FormError>{describe(change.error)}</FormError>}
      <Button type="submit" disabled={change.isPending || currentPassword === '' || newPassword.length < SHORTEST_PASSWORD}>
        Change password
      </Button>
    </form>
  )
}
