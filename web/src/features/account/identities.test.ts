import { expect, test } from 'vitest'
import type { Identity } from '../../api/types'
import { loginRows, readProviderAnswer } from './identities'

const identity = (provider: string | null): Identity => ({
  provider,
  name: provider ?? 'https://gone.example',
  issuer: provider === null ? 'https://gone.example' : `https://${provider}.example`,
  createdAt: '2026-11-01T10:00:00Z',
  lastUsedAt: '2026-11-02T10:00:00Z',
})

test('every provider has a line, and so has a login at one that is gone', () => {
  const providers = ['corp', 'forge'].map((id) => ({ id, name: id, url: '/' }))
  const rows = loginRows(providers, [identity(null), identity('forge')])
  expect(rows.map(({ kind, id }) => [kind, id])).toEqual([
    ['open', 'corp'],
    ['connected', 'forge'],
    ['connected', 'https://gone.example'],
  ])
})

test('the answer of a provider is read, and nothing else taken for one', () => {
  expect(readProviderAnswer('#provider=corp&state=s%2B1&code=c&iss=https%3A%2F%2Fid.example')).toEqual({
    provider: 'corp',
    state: 's+1',
    code: 'c',
    error: null,
    iss: 'https://id.example',
  })
  expect(readProviderAnswer('provider=corp&state=s&code=&error=access_denied')?.error).toBe('access_denied')
  for (const other of ['', '#', '#tokens', '#provider=corp', '#state=s']) expect(readProviderAnswer(other)).toBeNull()
})
