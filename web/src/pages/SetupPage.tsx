// The first start: whoever holds the one link from the console becomes the administrator.
import { useMutation } from '@tanstack/react-query'
import { Link, getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { auth } from '../api/browserAuth'
import { describe, fieldErrors } from '../api/problem'
import { EntrancePanel } from '../features/auth/EntrancePanel'
import { PasswordField } from '../features/auth/PasswordField'
import { SHORTEST_PASSWORD } from '../features/auth/strength'
import { Button, buttonClass } from '../ui/Button'
import { TextField } from '../ui/Field'

const route = getRouteApi('/setup')

export function SetupPage() {
  const { token } = route.useSearch()
  const navigate = useNavigate()
  const [username, setUsername] = useState('admin')
  const [password, setPassword] = useState('')
  const setup = useMutation({
    mutationFn: () => auth.setUp(token, username.trim(), password),
    onSuccess: () => navigate({ to: '/', replace: true }),
  })
  const errors = fieldErrors(setup.error)
  if (token === '') {
    return (
      <EntrancePanel title="The link is incomplete" lead="Copy the whole set-up link from the server’s console; it ends with a token.">
        <Link to="/login" className={buttonClass('plain')}>
          To the login
        </Link>
      </EntrancePanel>
    )
  }
  return (
    <EntrancePanel title="Light the hearth" lead="This is the first start. Choose the administrator’s name and password.">
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          setup.mutate()
        }}
      >
        <TextField
          label="User name"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          value={username}
          error={errors['username']}
          onChange={(event) => setUsername(event.target.value)}
        />
        <PasswordField label="Password" name="password" purpose="new" autoFocus value={password} onChange={setPassword} error={errors['password']} />
        {setup.isError && Object.keys(errors).length === 0 && (
          <p role="alert" className="rounded-lg bg-err-wash px-3 py-2 text-sm text-err">
            {describe(setup.error)}
          </p>
        )}
        <Button type="submit" look="primary" className="w-full" disabled={setup.isPending || password.length < SHORTEST_PASSWORD}>
          {setup.isPending ? 'Setting up…' : 'Create administrator'}
        </Button>
      </form>
    </EntrancePanel>
  )
}
