// What else is worth a word of a changed file: its rights, its size. Pure.
import type { FileDiff } from '../../api/types'

const KINDS: Partial<Record<string, string>> = { '120000': 'a link', '160000': 'a submodule', '100755': 'executable', '100644': 'not executable' }

/** What changed of what it is; nothing where that stayed, or it came or went. */
export function modeWords(before: string | null, after: string | null): string | null {
  if (before === null || after === null || before === after) return null
  const was = KINDS[before] ?? before
  const is = KINDS[after] ?? after
  if (before.startsWith('100') && after.startsWith('100')) return after === '100755' ? 'Made executable.' : 'No longer executable.'
  return `It was ${was === 'executable' || was === 'not executable' ? 'a file' : was}, and is ${is === 'executable' || is === 'not executable' ? 'a file' : is} now.`
}

/** Beyond so many changed lines one file begins folded. */
const MANY_LINES = 400
/** Beyond so many files all begin folded. */
const MANY_FILES = 30
/** Nobody wrote these, and few read them. */
const WRITTEN_BY_PROGRAMS = /(?:^|\/)(?:[\w.-]+\.lock|package-lock\.json|pnpm-lock\.yaml|go\.sum|npm-shrinkwrap\.json)$|\.min\.(?:js|css)$|\.map$/

/** Whether it begins unfolded among so many files. */
export function beginsOpen(file: Pick<FileDiff, 'path' | 'additions' | 'deletions' | 'tooLarge'>, files: number): boolean {
  const lines = (file.additions ?? 0) + (file.deletions ?? 0)
  return files <= MANY_FILES && lines <= MANY_LINES && !file.tooLarge && !WRITTEN_BY_PROGRAMS.test(file.path)
}
