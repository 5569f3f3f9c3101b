// The login page: the ways in that this server offers, and what went wrong with the last try.
import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { auth } from '../api/browserAuth'
import { methodsQuery } from '../api/people'
import { ApiError, describe } from '../api/problem'
import { EntrancePanel } from '../features/auth/EntrancePanel'
import { loginErrorWords } from '../features/auth/errorWords'
import { PasswordField } from '../features/auth/PasswordField'
import { ProviderButtons } from '../features/auth/ProviderButtons'
import { safeNext } from '../features/auth/next'
import { Button } from '../ui/Button'
import { TextField } from '../ui/Field'
import { FormError } from '../ui/FormError'
import { useCountdown } from '../ui/useCountdown'
import type { Wait } from '../ui/useCountdown'

const route = getRouteApi('/login')

export function LoginPage() {
  const { next, error } = route.useSearch()
  // A server that cannot say how one logs in still takes passwords as likely as not; the form says what is wrong.
  const { data: methods } = useQuery(methodsQuery)
  const providers = methods?.oidc ?? []
  const password = methods?.password ?? true
  if (methods?.setupOpen === true) return <NotSetUp />
  return (
    <EntrancePanel title="Welcome back" lead="Log in to your sessions. They kept going while you were away.">
      <div className="space-y-5">
        {error !== undefined && <FormError>{loginErrorWords(error)}</FormError>}
        {providers.length > 0 && <ProviderButtons providers={providers} next={next} />}
        {providers.length > 0 && password && <Or />}
        {password && <PasswordForm next={next} />}
      </div>
    </EntrancePanel>
  )
}

function NotSetUp() {
  return (
    <EntrancePanel title="Nobody lives here yet" lead="Open the set-up link that the server printed on its console; it makes you the administrator.">
      <p className="rounded-lg border border-line bg-surface px-3.5 py-3 text-xs text-faint">
        The link is gone? Start the server again and it prints another one, as long as nobody has used it.
      </p>
    </EntrancePanel>
  )
}

function Or() {
  return (
    <div aria-hidden="true" className="flex items-center gap-3 text-xs text-faint before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
      or with a password
    </div>
  )
}

function PasswordForm({ next }: { next: string | undefined }) {
  const router = useRouter()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [blocked, setBlocked] = useState<Wait | null>(null)
  const wait = useCountdown(blocked)
  const login = useMutation({
    mutationFn: () => auth.login(username.trim(), password),
    onSuccess: () => router.history.push(safeNext(next)),
    onError: (error) => {
      setPassword('')
      const now = Date.now()
      if (error instanceof ApiError && error.retryAfter !== null) setBlocked({ since: now, until: now + error.retryAfter * 1000 })
    },
  })
  return (
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
      {login.isError && <FormError>{describe(login.error)}</FormError>}
      <Button type="submit" look="primary" className="w-full tabular-nums" disabled={login.isPending || wait > 0}>
        {wait > 0 ? `Try again in ${wait} s` : login.isPending ? 'Logging in…' : 'Log in'}
      </Button>
    </form>
  )
}
