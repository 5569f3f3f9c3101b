// What the page asks about people: who may log in and how, who shares what, and what belongs to one's own account.
import { queryOptions } from '@tanstack/react-query'
import { client, openClient, unwrap } from './client'

/** How one can log in: asked by everybody. */
export const methodsQuery = queryOptions({
  queryKey: ['methods'],
  queryFn: ({ signal }) => unwrap(openClient.GET('/api/auth/methods', { signal })),
  staleTime: 60_000,
})

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => unwrap(client.GET('/api/auth/me', { signal })),
})

/** Who one's commits are by, where a session does not say. */
export const gitConfigQuery = queryOptions({
  queryKey: ['gitConfig'],
  queryFn: ({ signal }) => unwrap(client.GET('/api/git-config', { signal })),
})

// The server gives each of these lists whole.

export const sshKeysQuery = queryOptions({
  queryKey: ['sshKeys'],
  queryFn: async ({ signal }) => (await unwrap(client.GET('/api/ssh-keys', { signal }))).items,
})

/** The hosts that one's sessions know over SSH, beside the big forges. */
export const knownHostsQuery = queryOptions({
  queryKey: ['knownHosts'],
  queryFn: async ({ signal }) => (await unwrap(client.GET('/api/known-hosts', { signal }))).items,
})

/** The tokens with which one's sessions log in to git over HTTPS. */
export const gitTokensQuery = queryOptions({
  queryKey: ['gitTokens'],
  queryFn: async ({ signal }) => (await unwrap(client.GET('/api/git-tokens', { signal }))).items,
})

export const signInsQuery = queryOptions({
  queryKey: ['signIns'],
  queryFn: async ({ signal }) => (await unwrap(client.GET('/api/auth/sign-ins', { signal }))).items,
})

export const identitiesQuery = queryOptions({
  queryKey: ['identities'],
  queryFn: async ({ signal }) => (await unwrap(client.GET('/api/auth/identities', { signal }))).items,
})

export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: async ({ signal }) => (await unwrap(client.GET('/api/tokens', { signal }))).items,
})

/** Volumes of sessions that nobody remembers, for admins. */
export const volumesQuery = queryOptions({
  queryKey: ['volumes'],
  queryFn: async ({ signal }) => (await unwrap(client.GET('/api/volumes', { signal }))).items,
})

export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: async ({ signal }) => (await unwrap(client.GET('/api/users', { signal }))).items,
})

/** Whom one may share with. */
export const peopleQuery = (q: string) =>
  queryOptions({
    queryKey: ['people', q],
    queryFn: ({ signal }) => unwrap(client.GET('/api/people', { params: { query: { q } }, signal })),
  })

export const sharesKey = (id: string): readonly ['shares', string] => ['shares', id]

export const sharesQuery = (id: string) =>
  queryOptions({
    queryKey: sharesKey(id),
    queryFn: ({ signal }) => unwrap(client.GET('/api/sessions/{id}/shares', { params: { path: { id } }, signal })),
  })

export const settingsQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: ({ signal }) => unwrap(client.GET('/api/settings', { signal })),
})
