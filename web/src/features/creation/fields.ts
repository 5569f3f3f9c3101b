// What every part of the form is given, and where the server's words about it go.
import { ApiError, fieldErrors } from '../../api/problem'
import type { CreationForm } from './form'
import type { FormErrors } from './validation'

export interface FieldsProps {
  form: CreationForm
  errors: FormErrors
  onChange: (part: Partial<CreationForm>) => void
}

/** The parts of the form, with the fields of the wire that each holds. */
export const PARTS = {
  head: ['name', 'agent'],
  task: ['mode', 'prompt'],
  place: ['runtime', 'workdir', 'multiplexer', 'template', 'image'],
  repository: ['worktree.of', 'worktree.branch', 'worktree.from', 'worktree.copy', 'worktree.setup', 'repoUrl', 'branch', 'cloneDepth', 'cloneSubmodules', 'sshKey', 'sshKeyId', 'generateSshKey', 'sshKeyPassphrase', 'gitUserName', 'gitUserEmail'],
  network: ['network', 'allowHosts', 'ports'],
  resources: ['cpuLimit', 'memoryLimit', 'pidsLimit', 'diskLimit'],
  environment: ['env', 'secrets'],
  more: ['description', 'flags', 'labels', 'idleTimeoutSeconds', 'recording'],
} as const

export type Part = keyof typeof PARTS

/** Refusals that are about one field, without naming it. */
const FIELD_OF_CODE: Record<string, string> = {
  'session.private_network_forbidden': 'allowHosts',
  'session.publish_forbidden': 'ports',
  'port.taken': 'ports',
  'port.exhausted': 'ports',
  'session.host_forbidden': 'runtime',
  'runtime.unavailable': 'runtime',
}

const SHOWN: ReadonlySet<string> = new Set(Object.values(PARTS).flat())

/** What the server said about fields that the form has. One entry of a list is told of at the list. */
export function serverErrors(error: unknown): FormErrors {
  const errors: FormErrors = {}
  for (const [path, message] of Object.entries(fieldErrors(error))) {
    const field = path.replace(/\[.*$/s, '')
    if (SHOWN.has(field)) errors[field] ??= field === path ? message : `Entry ${entryNumber(path)}: ${message}`
  }
  if (error instanceof ApiError) {
    const field = FIELD_OF_CODE[error.problem.code]
    if (field !== undefined) errors[field] ??= error.message
  }
  return errors
}

/** Whether there is more to say than what stands at the fields. */
export function needsSaying(error: unknown): boolean {
  return Object.keys(serverErrors(error)).length === 0 || otherErrors(error).length > 0
}

/** What was said of a field is done with when the field is changed. */
export function withoutChanged(errors: FormErrors, part: Partial<CreationForm>): FormErrors {
  const worktree = Object.keys(part).flatMap((key) => (key.startsWith('worktree') ? [`worktree.${key.slice('worktree'.length).toLowerCase()}`] : []))
  const changed = new Set([...Object.keys(part), ...worktree, ...('idleMinutes' in part ? ['idleTimeoutSeconds'] : []), ...('network' in part ? ['allowHosts'] : [])])
  return Object.fromEntries(Object.entries(errors).filter(([field]) => !changed.has(field)))
}

/** What it said about anything else. */
export function otherErrors(error: unknown): { field: string; message: string }[] {
  const said = Object.entries(fieldErrors(error)).map(([field, message]) => ({ field, message }))
  return said.filter(({ field }) => !SHOWN.has(field.replace(/\[.*$/s, '')))
}

export function isWrong(errors: FormErrors, part: Part): boolean {
  return PARTS[part].some((field) => errors[field] !== undefined)
}

function entryNumber(path: string): number {
  return Number(/\[(\d+)\]/.exec(path)?.[1] ?? 0) + 1
}
