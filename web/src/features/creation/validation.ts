// The creation form's checks, the same as the server's, so that a mistake shows while typing. The server decides.
import type { ServerConfig } from '../../api/types'
import type { CreationForm, NamedValue } from './form'
import { hostsError, readHosts } from './hosts'
import { imageError } from './image'
import { portsError } from './ports'
import { readLabels, splitFlags } from './words'
import { hasWorktree, patterns } from './worktree'

/** Messages by the field's name on the wire. */
export type FormErrors = Partial<Record<string, string>>

const LONGEST_NAME = 64
/** Megabytes: a home with its settings fits. */
const LEAST_DISK = 16
const MOST_PATTERNS = 50
const LONGEST_PATTERN = 200
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

/** Only the form of the address; the server knows the rest. */
function repositoryError(url: string): string | null {
  // Whether it speaks plain http, too, the server knows: it is a setting.
  if (/^https?:\/\/[^/@]+\/./.test(url) || /^ssh:\/\/[^/:]+(?::\d+)?\/./.test(url) || /^[\w.-]+@[\w.-]+:./.test(url)) return null
  if (/^https?:\/\/[^/]*@/.test(url)) return 'Leave out the name and the password: what reaches git is a secret of the session.'
  return 'Begin with https:// or ssh://, or write user@host:path.'
}

/** What the server says of itself that the checks need. */
export type Bounds = Pick<ServerConfig, 'allowedBaseDirs' | 'limits' | 'publish'>

export function validate(form: CreationForm, bounds: Bounds): FormErrors {
  const errors: FormErrors = {}
  const note = (field: string, message: string | null): void => {
    if (message !== null) errors[field] = message
  }
  note('name', nameError(form.name))
  if (form.agent === '') note('agent', 'Choose an agent.')
  if (form.mode === 'autonomous' && form.prompt.trim() === '') note('prompt', 'An autonomous run needs a task.')
  if (form.runtime !== 'host') {
    for (const [field, message] of containerErrors(form, bounds)) note(field, message)
  } else if (form.place === 'named' && !hasWorktree(form)) note('workdir', workdirError(form.workdir, bounds.allowedBaseDirs))
  if (hasWorktree(form)) {
    for (const [field, message] of worktreeErrors(form)) note(field, message)
  } else if (form.repoUrl !== '') {
    note('repoUrl', repositoryError(form.repoUrl))
    note('cloneDepth', form.cloneDepth === '' ? null : numberError(form.cloneDepth, 1, undefined))
    if (form.sshKey === 'pasted' && form.sshKeyText.trim() === '') note('sshKey', 'Paste the private key, or choose another way.')
    note('network', form.runtime !== 'host' && form.network === 'none' ? 'Without a network the repository cannot be cloned.' : null)
  }
  note('flags', splitFlags(form.flags) === null ? 'A quotation mark is not closed.' : null)
  note('env', namesError(form.env))
  note('secrets', namesError(form.secrets))
  note('labels', readLabels(form.labels) === null ? 'Write labels as name=value, separated by commas.' : null)
  note('idleTimeoutSeconds', form.idleMinutes === '' ? null : numberError(form.idleMinutes, 1, LONGEST_IDLE_MINUTES))
  if (form.gitUserEmail !== '' && !/^[^\s@<>]+@[^\s@<>]+$/.test(form.gitUserEmail)) {
    note('gitUserEmail', 'This is no e-mail address.')
  }
  return errors
}

function worktreeErrors(form: CreationForm): [string, string | null][] {
  const lines = patterns(form.worktreeCopy)
  const bad = lines.find((line) => line.startsWith('#') || line.split('/').includes('..') || line.length > LONGEST_PATTERN)
  const many = lines.length > MOST_PATTERNS ? `At most ${MOST_PATTERNS} patterns.` : null
  return [
    ['worktree.of', form.worktreeOf === '' ? 'Choose a session, or clone from an address.' : null],
    ['worktree.copy', bad === undefined ? many : `“${bad}” is no pattern of files.`],
  ]
}

function containerErrors(form: CreationForm, { limits: { container }, publish }: Bounds): [string, string | null][] {
  const { least, most } = container
  const cores = (text: string): string | null => {
    const number = Number(text)
    const fits = Number.isFinite(number) && number >= least.cpuLimit && number <= (most?.cpuLimit ?? Infinity)
    return fits ? null : `A number of cores, ${range(least.cpuLimit, most?.cpuLimit)}.`
  }
  const noHosts = readHosts(form.allowHosts).length === 0 ? 'Name at least one host, or choose “None”.' : null
  return [
    ['image', form.image === '' ? null : imageError(form.image)],
    ['cpuLimit', form.cpuLimit === '' ? null : cores(form.cpuLimit)],
    ['memoryLimit', form.memoryLimit === '' ? null : numberError(form.memoryLimit, least.memoryLimit, most?.memoryLimit)],
    ['pidsLimit', form.pidsLimit === '' ? null : numberError(form.pidsLimit, least.pidsLimit, most?.pidsLimit)],
    ['diskLimit', form.diskLimit === '' ? null : numberError(form.diskLimit, LEAST_DISK, undefined)],
    ['ports', portsError(form.ports, publish)],
    ['allowHosts', form.network === 'allowlist' ? (noHosts ?? hostsError(form.allowHosts)) : null],
  ]
}

/** From and to, as far as the server knows them. */
export function range(least: number, most: number | undefined): string {
  return most === undefined ? `at least ${least.toLocaleString('en')}` : `${least.toLocaleString('en')} to ${most.toLocaleString('en')}`
}

function numberError(text: string, least: number, most: number | undefined): string | null {
  const number = Number(text)
  const fits = Number.isInteger(number) && number >= least && number <= (most ?? Infinity)
  return fits ? null : `A whole number, ${range(least, most)}.`
}

function namesError(rows: readonly NamedValue[]): string | null {
  const names = rows.filter((row) => row.name !== '' || row.value !== '').map((row) => row.name)
  const bad = names.find((name) => !/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name))
  if (bad !== undefined) return bad === '' ? 'A value has no name.' : `"${bad}" cannot be a name: letters, digits and _ can.`
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  return twice === undefined ? null : `"${twice}" stands there twice.`
}
