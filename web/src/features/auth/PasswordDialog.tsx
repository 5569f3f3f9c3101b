// Changing one's own password.
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { auth } from '../../api/browserAuth'
import { ApiError, describe, fieldErrors } from '../../api/problem'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { toast } from '../../ui/toast'
import { PasswordField } from './PasswordField'
import { SHORTEST_PASSWORD } from './strength'

export function PasswordDialog({ onClose }: { onClose: () => void }) {
  const [currentPassword, setCurrent] = useState('')
  const [newPassword, setNew] = useState('')
  const change = useMutation({
    mutationFn: () => auth.changePassword(currentPassword, newPassword),
    onSuccess: () => {
      toast('Your password is changed')
      onClose()
    },
  })
  const errors = fieldErrors(change.error)
  const general = change.error instanceof ApiError && Object.keys(errors).length > 0 ? null : change.error
  return (
    <Dialog title="Change password" description="Other devices will have to log in again." onClose={onClose}>
      <form
        className="mt-4 space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          change.mutate()
        }}
      >
        <PasswordField label="Current password" name="current-password" purpose="current" autoFocus value={currentPassword} onChange={setCurrent} error={errors['currentPassword']} />
        <PasswordField label="New password" name="new-password" purpose="new" value={newPassword} onChange={setNew} error={errors['newPassword']} />
        {general !== null && (
          <p role="alert" className="text-sm text-err">
            {describe(general)}
          </p>
        )}
        <div className="flex justify-end gap-2 pt-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={change.isPending || currentPassword === '' || newPassword.length < SHORTEST_PASSWORD}>
            Change password
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
