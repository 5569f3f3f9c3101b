// Asks for the password before a login at a provider is connected: it is a further way into the account, for good.
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { describe } from '../../api/problem'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { FormError } from '../../ui/FormError'
import { PasswordField } from '../auth/PasswordField'
import { leaveForProvider } from './connect'

interface ConnectDialogProps {
  provider: { id: string; name: string }
  /** Whether there is a password to ask for. */
  hasPassword: boolean
  username: string
  onClose: () => void
}

export function ConnectDialog({ provider, hasPassword, username, onClose }: ConnectDialogProps) {
  const [password, setPassword] = useState('')
  const leave = useMutation({ mutationFn: () => leaveForProvider(provider.id, hasPassword ? password : null) })
  return (
    <Dialog
      title={`Connect ${provider.name}`}
      description={`You go to ${provider.name} and come back. Whoever logs in there as you gets into this account from then on.`}
      onClose={onClose}
    >
      <form
        className="mt-4 space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          leave.mutate()
        }}
      >
        <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        {hasPassword && <PasswordField label="Your password here" name="password" purpose="current" autoFocus value={password} onChange={setPassword} />}
        {leave.isError && <FormError>{describe(leave.error)}</FormError>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={!leave.isIdle && !leave.isError || (hasPassword && password === '')}>
            Continue to {provider.name}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
