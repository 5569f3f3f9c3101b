// Which changes can be discarded, and which of them a checkpoint holds. Pure.
import type { Diff } from '../../api/types'
import { nameable } from './status'
import type { Entry } from './status'

/** Why an entry cannot be discarded here; `null` where it can. */
export function discardBar({ group, change, file }: Entry): string | null {
  if (group !== 'unstaged' && group !== 'untracked') return 'Only what is not staged can be discarded.'
  if (!nameable(file)) return 'Its name is no text: discard it in a terminal.'
  if (file.submodule || file.path.endsWith('/')) return 'A repository of its own: look after it in a terminal.'
  return group === 'unstaged' && change === 'added' ? 'Git is told to add it later: decide about it in a terminal.' : null
}

/** Those that a checkpoint does not hold: once they are gone, they are gone. */
export function notHeld(entries: readonly Entry[], checkpoint: Diff): Entry[] {
  const held = new Set(checkpoint.files.map((file) => file.path))
  // A file that is deleted has nothing to be held.
  return entries.filter((entry) => entry.change !== 'deleted' && !held.has(entry.file.path))
}
