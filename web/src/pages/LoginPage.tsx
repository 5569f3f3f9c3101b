// The login page.
import { useMutation } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { auth } from '../api/browserAuth'
import { describe } from '../api/problem'
import { EntrancePanel } from '../features/auth/EntrancePanel'
import { PasswordField } from '../features/auth/PasswordField'
import { safeNext } from '../features/auth/next'
import { Button } from '../ui/Button'
import { TextField } from '../ui/Field'

const route = getRouteApi('/login')

export function LoginPage() {
  const { next } = route.useSearch()
  const router = useRouter()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const login = useMutation({
    mutationFn: () => auth.login(username.trim(), password),
    onSuccess: () => router.history.push(safeNext(next)),
    onError: () => setPassword(''),
  })
  return (
    <EntrancePanel title="Welcome back" lead="Log in to your sessions. They kept going while you were away.">
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          login.mutate()
        }}
      >
        <TextField
          label="User name"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          required
          value={username}
          onChange={(event) => setUsername(event.target.value)}
        />
        <PasswordField label="Password" name="password" purpose="current" value={password} onChange={setPassword} />
        {login.isError && (
          <p role="alert" className="rounded-lg bg-err-wash px-3 py-2 text-sm text-err">
            {describe(login.error)}
          </p>
        )}
        <Button type="submit" look="primary" className="w-full" disabled={login.isPending}>
          {login.isPending ? 'Logging in…' : 'Log in'}
        </Button>
      </form>
      <p className="mt-6 text-xs text-faint">First start? Open the set-up link that the server printed on its console.</p>
    </EntrancePanel>
  )
}
