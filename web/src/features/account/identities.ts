// The logins at providers that open one's account: which there are and could be, and what a provider's page brings back. Pure.
import type { Identity, LoginMethods, NewIdentity } from '../../api/types'

/** One line of the list. */
export type LoginRow =
  /** It opens the account; `id` names it in the API. */
  | { kind: 'connected'; id: string; name: string; identity: Identity }
  /** It could. */
  | { kind: 'open'; id: string; name: string }

/** Every provider of the house, and what is left of those that it had once. */
export function loginRows(providers: LoginMethods['oidc'], identities: readonly Identity[]): LoginRow[] {
  const ofHouse = providers.map(({ id, name }): LoginRow => {
    const identity = identities.find((known) => known.provider === id)
    return identity === undefined ? { kind: 'open', id, name } : { kind: 'connected', id, name, identity }
  })
  const others = identities
    .filter(({ provider }) => provider === null)
    .map((identity): LoginRow => ({ kind: 'connected', id: identity.issuer, name: identity.name, identity }))
  return [...ofHouse, ...others]
}

/** What the provider answered, as the server put it behind the `#` of the profile's address; `null` where there is no such thing. */
export function readProviderAnswer(hash: string): NewIdentity | null {
  const fields = new URLSearchParams(hash.replace(/^#/, ''))
  const provider = fields.get('provider')
  const state = fields.get('state')
  if (provider === null || state === null) return null
  return { provider, state, code: fields.get('code') ?? '', error: fields.get('error'), iss: fields.get('iss') }
}
