// The working tree that the form asks for, as the request has it.
import type { CreateSession } from '../../api/types'
import type { CreationForm } from './form'

/** What is copied where nobody says otherwise, as the server has it. */
export const USUAL_COPY = '.env\n.env.*\n.envrc\n*.local.json'

/** The branch that the server makes of a session's name. */
export function usualBranch(name: string): string {
  const parts = name.toLowerCase().replaceAll(/[^a-z0-9_.]/g, '-').split(/[-.]/)
  return `longhouse/${parts.filter((part) => part !== '').join('-')}`
}

/** Whether the session begins with one. In a container it cannot. */
export function hasWorktree(form: Pick<CreationForm, 'runtime' | 'source'>): boolean {
  return form.runtime === 'host' && form.source === 'session'
}

export function worktreeOf(form: CreationForm): NonNullable<CreateSession['worktree']> {
  return {
    of: form.worktreeOf,
    copy: patterns(form.worktreeCopy),
    ...(form.worktreeBranch === '' ? {} : { branch: form.worktreeBranch }),
    ...(form.worktreeFrom === '' ? {} : { from: form.worktreeFrom }),
    ...(form.worktreeSetup.trim() === '' ? {} : { setup: form.worktreeSetup }),
  }
}

export function patterns(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
