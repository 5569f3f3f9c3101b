// A repository to be put into the list: what the form holds, and what is sent of it.
import type { CreateRepository, Runtime } from '../../api/types'

export type Source = 'clone' | 'empty' | 'session'

export interface NewRepository {
  source: Source
  name: string
  gitUrl: string
  branch: string
  sessionId: string
  path: string
  port: string
  /** None: what the server takes by itself. */
  runtime: Runtime | null
}

export const NOTHING_YET: NewRepository = { source: 'clone', name: '', gitUrl: '', branch: '', sessionId: '', path: '', port: '', runtime: null }

/** What an address calls its repository, as a name may be written here; empty where it calls it nothing. */
export function nameFromUrl(url: string): string {
  const last = url.trim().replace(/\/+$/, '').split(/[/:]/).at(-1) ?? ''
  return last.replace(/\.git$/i, '').replaceAll(/[^\w.-]+/g, '-').replaceAll(/^[-.]+|[-.]+$/g, '').slice(0, 64)
}

export function createBody(form: NewRepository): CreateRepository {
  const { source, runtime } = form
  const given = (value: string): string | undefined => value.trim() || undefined
  const place =
    source === 'session'
      ? { sessionId: given(form.sessionId), path: given(form.path) }
      : { gitUrl: source === 'clone' ? given(form.gitUrl) : undefined, branch: given(form.branch), runtime: runtime ?? undefined }
  const name = given(form.name) ?? (source === 'clone' ? nameFromUrl(form.gitUrl) : '')
  const port = given(form.port)
  const body = { ...place, port: port === undefined ? undefined : Number(port) }
  // What was not filled in is not sent.
  const said = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
  return { name, ...said }
}

/** What is still to be filled in; null where nothing is. */
export function missing(form: NewRepository): string | null {
  if (form.source === 'clone' && form.gitUrl.trim() === '') return 'Say where it is cloned from.'
  if (form.source === 'session' && form.sessionId === '') return 'Choose the session that holds it.'
  if (createBody(form).name === '') return 'Give it a name.'
  return form.port === '' || /^\d{4,5}$/.test(form.port) ? null : 'A port is a number from 1024 to 65535.'
}
