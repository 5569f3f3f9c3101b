// Commits and checkpoints that make themselves: how it stands in words, and the form of its settings. Pure.
import type { AutoCommit, AutoCommitMode, AutoCommitState, PushState } from '../../api/types'
import { duration } from '../../ui/time'

export const MODES: readonly { value: AutoCommitMode; label: string; hint: string }[] = [
  { value: 'off', label: 'Off', hint: 'Nothing is kept until you or the agent commit it.' },
  { value: 'checkpoint', label: 'Checkpoints only', hint: 'What changes is kept beside the branch, new files too, and can be brought back. Neither branch nor files are touched.' },
  { value: 'commit', label: 'Commits', hint: 'What changes is committed to the branch, file by file that belong together, with messages made from the change.' },
]

export interface Standing {
  tone: 'quiet' | 'need'
  text: string
}

export function standingOf(settings: AutoCommit, state: AutoCommitState | null): Standing {
  const quiet = (text: string): Standing => ({ tone: 'quiet', text })
  const what = settings.mode === 'commit' ? 'Commits' : 'Checkpoints'
  if (settings.mode === 'off') return quiet('Nothing is committed by itself')
  switch (state?.activity) {
    case undefined:
    case 'off':
      return quiet(`${what} make themselves while the session runs`)
    case 'noRepository':
      return quiet(`${what} make themselves once there is a repository`)
    case 'starting':
      return quiet('The repository’s directories are gone through, to watch them')
    case 'blocked':
      return { tone: 'need', text: `${what} wait: ${state?.reason ?? 'something is in the way'}` }
    case 'looking':
    case 'watching':
      return quiet(state?.pending === true ? `The next ${settings.mode} comes ${whenWords(settings)}` : `${what} make themselves`)
  }
}

/** When a batch of changes closes. */
export function whenWords({ debounceSeconds, intervalSeconds, maxFiles }: AutoCommit): string {
  return `after ${duration(debounceSeconds)} without a change, ${duration(intervalSeconds)} at the latest, or with ${maxFiles} ${maxFiles === 1 ? 'file' : 'files'}`
}

/** How it stands with commits that are pushed by themselves; nothing where there is nothing to tell. */
export function pushStanding(settings: AutoCommit, push: PushState | undefined): Standing | null {
  if (settings.mode !== 'commit' || !settings.push || push === undefined) return null
  const to = push.to === null || push.to === push.branch ? '' : ` to ${push.to}`
  switch (push.activity) {
    case 'off':
      return null
    case 'upToDate':
      return { tone: 'quiet', text: `Everything is pushed${to}` }
    case 'pending':
      return { tone: push.reason === null ? 'quiet' : 'need', text: push.reason === null ? `Pushing${to}…` : `The push${to} waits: ${push.reason}` }
    case 'conflict':
      return { tone: 'need', text: `The push${to} waits for you: changes over there do not go together with yours. Pull, and settle ${push.files.length === 1 ? 'the file' : 'the files'}:` }
  }
}

/** The settings as they stand in the fields. */
export interface AutoCommitForm {
  mode: AutoCommitMode
  debounceSeconds: string
  intervalSeconds: string
  maxFiles: string
  ignore: string
  messageTemplate: string
  push: boolean
  protectedBranches: string
}

export function formOf(settings: AutoCommit): AutoCommitForm {
  return {
    mode: settings.mode,
    debounceSeconds: String(settings.debounceSeconds),
    intervalSeconds: String(settings.intervalSeconds),
    maxFiles: String(settings.maxFiles),
    ignore: settings.ignore.join('\n'),
    messageTemplate: settings.messageTemplate,
    push: settings.push,
    protectedBranches: settings.protectedBranches.join('\n'),
  }
}

type Change = Partial<AutoCommit>

/** What the form changes; an empty field is as usual, which the server knows. */
export function changeOf(form: AutoCommitForm): { [Field in keyof Change]: Change[Field] | null } {
  const number = (text: string): number | null => (text.trim() === '' ? null : Number(text))
  return {
    mode: form.mode,
    debounceSeconds: number(form.debounceSeconds),
    intervalSeconds: number(form.intervalSeconds),
    maxFiles: number(form.maxFiles),
    ignore: linesOf(form.ignore),
    messageTemplate: form.messageTemplate.trim() === '' ? null : form.messageTemplate,
    push: form.mode === 'commit' && form.push,
    protectedBranches: linesOf(form.protectedBranches),
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '')
}

/** What is wrong with it, by its field; the server has the last word. */
export function formErrors(form: AutoCommitForm): Partial<Record<keyof AutoCommitForm, string>> {
  const numbers = ['debounceSeconds', 'intervalSeconds', 'maxFiles'] as const
  const wrong = numbers.filter((name) => !/^\s*([1-9]\d*)?\s*$/.test(form[name]))
  return Object.fromEntries(wrong.map((name) => [name, 'A whole number, at least 1.']))
}
