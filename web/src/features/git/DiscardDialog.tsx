// Asks before changes are discarded, names them, and keeps a checkpoint to bring them back from. What no checkpoint holds is asked about once more.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { gitKey } from '../../api/git'
import { describe } from '../../api/problem'
import type { Session } from '../../api/types'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { FormError } from '../../ui/FormError'
import { toast } from '../../ui/toast'
import { notHeld } from './discard'
import { bringBack, checkpointNow, discard } from './discarding'
import type { Entry } from './status'
import { files } from './words'

/** The most files that are named. */
const NAMED = 12
/** Of more the checkpoint is pointed to: each is brought back by itself. */
const MOST_UNDONE = 50

/** Discarding would lose these for good. */
class NotHeld extends Error {
  readonly entries: readonly Entry[]

  constructor(entries: readonly Entry[]) {
    super('no checkpoint holds them')
    this.entries = entries
  }
}

interface DiscardDialogProps {
  session: Session
  entries: readonly Entry[]
  onClose: () => void
}

export function DiscardDialog({ session, entries, onClose }: DiscardDialogProps) {
  const queries = useQueryClient()
  const refresh = () => queries.invalidateQueries({ queryKey: gitKey(session.id) })
  const work = useMutation({
    mutationFn: async (how: 'ifHeld' | 'forGood') => {
      const { number, held } = await checkpointNow(session.id)
      const lost = notHeld(entries, held)
      if (lost.length > 0 && how === 'ifHeld') throw new NotHeld(lost)
      await discard(session.id, entries)
      return { number, held: entries.filter((entry) => !lost.includes(entry)) }
    },
    onSuccess: ({ number, held }) => {
      onClose()
      const text = `Discarded the changes of ${files(entries.length)}`
      if (held.length === 0) toast(text)
      else if (held.length > MOST_UNDONE) toast(`${text}; checkpoint ${number} holds them`)
      else toast(text, 'plain', { label: 'Undo', run: () => void undo(number, held) })
    },
    onSettled: refresh,
  })
  const undo = async (number: number, held: readonly Entry[]): Promise<void> => {
    try {
      await bringBack(session.id, number, held)
      toast(`${files(held.length)} brought back`)
    } catch (error) {
      toast(`${describe(error)} (checkpoint ${number} holds what was discarded)`, 'error')
    }
    await refresh()
  }
  const lost = work.error instanceof NotHeld ? work.error.entries : null
  return (
    <Dialog
      title={`Discard the changes of ${files(entries.length)}?`}
      description="Changed files become as they are staged, or as the last commit has them. New files are deleted. A checkpoint is made first, to bring them back from."
      onClose={onClose}
    >
      <Names entries={entries} />
      {lost !== null && (
        <div className="mt-4">
          <FormError>
            A checkpoint does not hold {lost.length === entries.length ? 'them' : 'these'}, for they are ignored, too large, or look like secrets. They would be gone for good:
            <Names entries={lost} />
          </FormError>
        </div>
      )}
      {work.isError && lost === null && (
        <div className="mt-4">
          <FormError>{describe(work.error)}</FormError>
        </div>
      )}
      <div className="mt-6 flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="danger" disabled={work.isPending} onClick={() => work.mutate(lost === null ? 'ifHeld' : 'forGood')}>
          {work.isPending ? 'Discarding…' : lost === null ? 'Discard' : 'Discard for good'}
        </Button>
      </div>
    </Dialog>
  )
}

function Names({ entries }: { entries: readonly Entry[] }) {
  return (
    <ul className="mt-3 space-y-0.5 font-mono text-xs">
      {entries.slice(0, NAMED).map((entry) => (
        <li key={entry.key} className="wrap-anywhere">
          {entry.file.path}
          {entry.group === 'untracked' && <span className="font-sans text-faint"> (new, deleted)</span>}
        </li>
      ))}
      {entries.length > NAMED && <li className="font-sans text-faint">and {entries.length - NAMED} more</li>}
    </ul>
  )
}
