// The creation form's checks, the same as the server's, so that a mistake shows while typing. The server decides.
import type { CreateSession, Mode, Multiplexer, Runtime } from '../../api/types'

export interface EnvRow {
  name: string
  value: string
}

export interface CreationForm {
  name: string
  description: string
  agent: string
  mode: Mode
  prompt: string
  runtime: Runtime
  place: 'own' | 'named'
  workdir: string
  flags: string
  env: EnvRow[]
  labels: string
  multiplexer: Multiplexer
  gitUserName: string
  gitUserEmail: string
  idleMinutes: string
}

/** Messages by the field's name on the wire. */
export type FormErrors = Partial<Record<string, string>>

const LONGEST_NAME = 64
const LONGEST_IDLE_MINUTES = 60 * 24 * 30
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

export function nameError(name: string): string | null {
  if (name === '') return 'Give the session a name.'
  if (name.length > LONGEST_NAME) return `At most ${LONGEST_NAME} characters.`
  if (!/^[A-Za-z0-9._\- ]+$/.test(name)) return 'Only letters A–Z, digits, space, and . _ - are allowed.'
  if (name.trim() !== name) return 'No space at the beginning or end.'
  if (/^\.+$/.test(name)) return 'A name needs more than dots.'
  return UUID.test(name) ? 'A name may not look like an id.' : null
}

export function workdirError(path: string, bases: readonly string[]): string | null {
  if (path === '') return 'Give a directory.'
  if (!path.startsWith('/')) return 'Give the whole path, beginning with /.'
  if (path.split('/').includes('..')) return 'The path may not contain "..".'
  const below = (base: string): boolean => path === base || path.startsWith(base.endsWith('/') ? base : `${base}/`)
  return bases.length > 0 && !bases.some(below) ? `Only directories below ${bases.join(', ')} are allowed.` : null
}

export function validate(form: CreationForm, bases: readonly string[]): FormErrors {
  const errors: FormErrors = {}
  const note = (field: string, message: string | null): void => {
    if (message !== null) errors[field] = message
  }
  note('name', nameError(form.name))
  if (form.agent === '') note('agent', 'Choose an agent.')
  if (form.mode === 'autonomous' && form.prompt.trim() === '') note('prompt', 'An autonomous run needs a task.')
  if (form.place === 'named') note('workdir', workdirError(form.workdir, bases))
  note('flags', splitFlags(form.flags) === null ? 'A quotation mark is not closed.' : null)
  note('env', envError(form.env))
  note('labels', readLabels(form.labels) === null ? 'Write labels as name=value, separated by commas.' : null)
  note('idleTimeoutSeconds', idleError(form.idleMinutes))
  if (form.gitUserEmail !== '' && !/^[^\s@<>]+@[^\s@<>]+$/.test(form.gitUserEmail)) {
    note('gitUserEmail', 'This is no e-mail address.')
  }
  return errors
}

/** The request; only what was filled in, so that the server's defaults hold. */
export function toRequest(form: CreationForm): CreateSession {
  const env = Object.fromEntries(form.env.filter((row) => row.name !== '').map((row) => [row.name, row.value]))
  const flags = splitFlags(form.flags) ?? []
  const labels = readLabels(form.labels) ?? {}
  return {
    name: form.name,
    agent: form.agent,
    mode: form.mode,
    runtime: form.runtime,
    ...(form.runtime === 'host' ? { multiplexer: form.multiplexer } : {}),
    ...(form.description.trim() === '' ? {} : { description: form.description.trim() }),
    ...(form.prompt.trim() === '' ? {} : { prompt: form.prompt }),
    ...(form.place === 'named' ? { workdir: form.workdir } : {}),
    ...(flags.length === 0 ? {} : { flags }),
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(form.gitUserName === '' ? {} : { gitUserName: form.gitUserName }),
    ...(form.gitUserEmail === '' ? {} : { gitUserEmail: form.gitUserEmail }),
    ...(form.idleMinutes === '' ? {} : { idleTimeoutSeconds: Number(form.idleMinutes) * 60 }),
  }
}

/** Splits as a shell would, with quotation marks and backslashes but nothing else; `null` when a mark is left open. */
export function splitFlags(text: string): string[] | null {
  const words: string[] = []
  let word: string | null = null
  let quote: string | null = null
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index)
    if (quote !== null && character === quote) quote = null
    else if (quote === "'") word = (word ?? '') + character
    else if (character === '\\' && index + 1 < text.length) {
      index += 1
      word = (word ?? '') + text.charAt(index)
    } else if (quote === null && (character === '"' || character === "'")) {
      quote = character
      word ??= ''
    } else if (quote === null && /\s/.test(character)) {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + character
  }
  if (quote !== null) return null
  return word === null ? words : [...words, word]
}

export function readLabels(text: string): Record<string, string> | null {
  const labels: Record<string, string> = {}
  for (const part of text.split(',').map((item) => item.trim())) {
    if (part === '') continue
    const [name = '', ...value] = part.split('=')
    if (!/^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(name.trim())) return null
    labels[name.trim()] = value.join('=').trim()
  }
  return labels
}

function envError(rows: readonly EnvRow[]): string | null {
  const names = rows.filter((row) => row.name !== '' || row.value !== '').map((row) => row.name)
  const bad = names.find((name) => !/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name))
  if (bad !== undefined) return bad === '' ? 'A value has no name.' : `"${bad}" cannot be a variable's name.`
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  return twice === undefined ? null : `"${twice}" stands there twice.`
}

function idleError(minutes: string): string | null {
  if (minutes === '') return null
  const number = Number(minutes)
  const fine = Number.isInteger(number) && number >= 1 && number <= LONGEST_IDLE_MINUTES
  return fine ? null : `A whole number of minutes, 1 to ${LONGEST_IDLE_MINUTES}.`
}
