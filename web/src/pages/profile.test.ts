import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test, vi } from 'vitest'

// The client asks the browser where it is, as soon as it is loaded.
vi.stubGlobal('location', new URL('https://longhouse.example'))
const { identitiesQuery, meQuery, methodsQuery } = await import('../api/people')
const { ProfilePage } = await import('./ProfilePage')

function profileOf(hasPassword: boolean, providers: readonly string[] = []): string {
  const queries = new QueryClient()
  queries.setQueryData(meQuery.queryKey, {
    id: '0198c5a0-0000-7000-8000-000000000001',
    username: 'ann',
    role: 'member',
    permissions: [],
    mayUseHost: false,
    disabled: false,
    createdAt: '2026-06-01T12:00:00Z',
    hasPassword,
  })
  queries.setQueryData(methodsQuery.queryKey, { password: true, oidc: providers.map((name) => ({ id: name, name, url: '/' })), setupOpen: false })
  queries.setQueryData(identitiesQuery.queryKey, [])
  return renderToString(createElement(QueryClientProvider, { client: queries }, createElement(ProfilePage)))
}

test('whoever has a password can change it', () => {
  expect(profileOf(true)).toContain('Current password')
})

test('whoever comes by a provider alone is asked for no password', () => {
  const page = profileOf(false)
  expect(page).toContain('ann')
  expect(page).not.toContain('assword')
})

test('what can be connected is offered, and no heading stands over nothing', () => {
  expect(profileOf(true, ['Example Corp'])).toContain('Connect Example Corp')
  expect(profileOf(true)).not.toContain('Other logins')
})
