// The two steps of connecting a login at a provider, on either side of the provider's own page.
import type { QueryClient } from '@tanstack/react-query'
import { client, unwrap } from '../../api/client'
import { identitiesQuery } from '../../api/people'
import { describe } from '../../api/problem'
import type { NewIdentity } from '../../api/types'
import { toast } from '../../ui/toast'

/** Leaves for the provider's page. `password` is one's own here, where one has one. */
export async function leaveForProvider(provider: string, password: string | null): Promise<void> {
  const { url } = await unwrap(client.POST('/api/auth/oidc/{provider}/link', { params: { path: { provider } }, body: { password } }))
  location.assign(url)
}

/** Back from there, with what it answered. */
export async function connect(answer: NewIdentity, queries: QueryClient): Promise<void> {
  try {
    const { name } = await unwrap(client.POST('/api/auth/identities', { body: answer }))
    toast(`You can log in with ${name} now`)
  } catch (error) {
    toast(`Not connected: ${describe(error)}`, 'error')
  }
  await queries.invalidateQueries({ queryKey: identitiesQuery.queryKey })
}
