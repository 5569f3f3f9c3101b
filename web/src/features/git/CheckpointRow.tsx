// A checkpoint: what differed from the commit below it, and what of it can be brought back.
import { useQuery } from '@tanstack/react-query'
import { Bookmark, ChevronRight, History } from 'lucide-react'
import { useId, useState } from 'react'
import { gitDiffQuery } from '../../api/git'
import { describe } from '../../api/problem'
import type { Checkpoint, FileDiff, Session } from '../../api/types'
import { Ago } from '../../ui/Ago'
import { Button, IconButton } from '../../ui/Button'
import { classes } from '../../ui/classes'
import { Confirm } from '../../ui/Confirm'
import { DiffFileRow } from '../diff/DiffFileRow'
import { beginsOpen } from '../diff/marks'
import type { DiffView } from '../diff/useDiffView'
import { TrackedDiff } from './EntryDiff'
import { nameable } from './status'
import { useRestore } from './useRestore'
import type { Restore } from './useRestore'

interface CheckpointRowProps {
  session: Session
  checkpoint: Checkpoint
  open: boolean
  view: DiffView
  /** Why nothing can be brought back. */
  bar: string | null
  onToggle: () => void
}

export function CheckpointRow({ session, checkpoint, open, view, bar, onToggle }: CheckpointRowProps) {
  const id = useId()
  return (
    <li>
      <button
        type="button"
        data-file-head={checkpoint.commit}
        data-checkpoint={checkpoint.number}
        aria-expanded={open}
        aria-controls={id}
        onClick={onToggle}
        className={classes('flex min-h-10 w-full items-center gap-2 border-b border-line px-3 py-1.5 text-left text-xs hover:bg-hover focus-visible:-outline-offset-2 coarse:min-h-11', open && 'bg-hover')}
      >
        <ChevronRight size={13} aria-hidden="true" className={classes('shrink-0 text-faint transition-transform', open && 'rotate-90')} />
        <Bookmark size={13} aria-hidden="true" className="shrink-0 text-ember" />
        <span className="w-7 shrink-0 font-mono text-faint tabular-nums">{checkpoint.number}</span>
        <span className={classes('min-w-0 flex-1 font-medium', open ? 'wrap-anywhere' : 'truncate')}>{checkpoint.subject}</span>
        <Ago at={checkpoint.at} className="shrink-0 text-2xs text-faint" />
      </button>
      <div id={id} hidden={!open}>
        {open && <Contents session={session} checkpoint={checkpoint} view={view} bar={bar} />}
      </div>
    </li>
  )
}

function Contents({ session, checkpoint, view, bar }: Omit<CheckpointRowProps, 'open' | 'onToggle'>) {
  const { data, error } = useQuery(gitDiffQuery(session.id, { to: checkpoint.commit }))
  const restore = useRestore(session)
  const [asking, setAsking] = useState(false)
  return (
    <div className="border-b border-line bg-bg">
      <div className="flex flex-wrap items-center justify-between gap-2 px-3 py-2 text-xs text-faint">
        <span className="text-pretty">What differed from the commit below it.</span>
        <Button size="small" reason={bar} disabled={restore.busy} onClick={() => setAsking(true)}>
          <History size={13} /> Bring everything back…
        </Button>
      </div>
      {error !== null && data === undefined && <p className="px-3 pb-3 text-xs text-err">{describe(error)}</p>}
      {data === undefined && error === null && <div role="status" aria-label="Comparing" className="skeleton m-3 h-16 rounded-lg" />}
      {data?.files.length === 0 && <p className="px-3 pb-3 text-xs text-soft">Nothing differed: it is as that commit has it.</p>}
      {data !== undefined && data.files.length > 0 && (
        <ul className="border-t border-line">
          {data.files.map((file) => (
            <CheckpointFile key={file.pathBytes ?? file.path} session={session} checkpoint={checkpoint} file={file} files={data.files.length} view={view} bar={bar} restore={restore} />
          ))}
        </ul>
      )}
      {data?.truncated === true && <p className="p-3 text-xs text-faint">There are more files than these.</p>}
      {asking && (
        <Confirm
          title={`Bring everything back as checkpoint ${checkpoint.number} has it?`}
          action="Bring it back"
          onClose={() => setAsking(false)}
          onConfirm={() => restore.run(checkpoint.number, null)}
        >
          Files become as they were then; files that came since are removed. The branch stays where it is. A checkpoint of the present is made first, so this can be undone.
        </Confirm>
      )}
    </div>
  )
}

interface CheckpointFileProps {
  session: Session
  checkpoint: Checkpoint
  file: FileDiff
  files: number
  view: DiffView
  bar: string | null
  restore: Restore
}

function CheckpointFile({ session, checkpoint, file, files, view, bar, restore }: CheckpointFileProps) {
  const [open, setOpen] = useState(beginsOpen(file, files))
  const unnamed = nameable(file) ? null : 'Its name is no text: bring everything back, or restore it in a terminal.'
  return (
    <DiffFileRow
      change={file.change ?? 'conflicted'}
      path={file.path}
      from={file.from}
      additions={file.additions}
      deletions={file.deletions}
      open={open}
      onToggle={() => setOpen(!open)}
      after={
        <IconButton
          label={`Bring ${file.path} back`}
          className="size-6"
          reason={bar ?? unnamed}
          disabled={restore.busy}
          onClick={() => restore.start(checkpoint.number, file.path)}
        >
          <History size={13} />
        </IconButton>
      }
      renderDiff={() => <TrackedDiff session={session} compared={{ to: checkpoint.commit }} file={file} path={file.path} view={view} />}
    />
  )
}
