// Files of one sort, each with a box to tick and its diff below.
import { useState } from 'react'
import type { ReactNode } from 'react'
import type { Diff, FileDiff, Session } from '../../api/types'
import { Button } from '../../ui/Button'
import { DiffFileRow } from '../diff/DiffFileRow'
import type { DiffView } from '../diff/useDiffView'
import { DiscardDialog } from './DiscardDialog'
import { barOf } from './status'
import type { Entry, Group } from './status'
import { GroupButtons, RowButtons } from './SortButtons'
import type { GitWork } from './useGitWork'
import { TrackedDiff, UntrackedDiff } from './EntryDiff'

/** How many files stand in a list before somebody asks for the rest. */
const FIRST = 200

interface ChangeGroupProps {
  session: Session
  group: Group
  /** How the files differ; nothing before it is known. */
  diff: Diff | undefined
  chosen: ReadonlySet<string>
  view: DiffView
  work: GitWork
  onChoose: (paths: readonly string[], how: 'take' | 'leave') => void
}

export function ChangeGroup({ session, group, diff, chosen, view, work, onChoose }: ChangeGroupProps) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const [all, setAll] = useState(false)
  const [discarding, setDiscarding] = useState<readonly Entry[] | null>(null)
  const files = new Map((diff?.files ?? []).map((file) => [file.path, file]))
  const free = group.entries.filter((entry) => barOf(entry.file) === null).map((entry) => entry.file.path)
  const taken = free.filter((path) => chosen.has(path)).length
  const shown = all ? group.entries : group.entries.slice(0, FIRST)
  const toggle = (key: string): void => setOpen((before) => (before.has(key) ? new Set([...before].filter((item) => item !== key)) : new Set([...before, key])))
  const allOpen = shown.every((entry) => open.has(entry.key))
  return (
    <section aria-label={group.title} data-group={group.name} className="border-b border-line">
      <h3 className="flex h-9 items-center gap-2 bg-side pr-1.5 pl-3 text-xs font-medium text-soft coarse:h-11">
        {free.length > 0 && (
          <input
            type="checkbox"
            aria-label={`All of “${group.title}”`}
            className="accent-ember coarse:size-5"
            checked={taken === free.length}
            ref={(box) => {
              if (box !== null) box.indeterminate = taken > 0 && taken < free.length
            }}
            onChange={() => onChoose(free, taken === free.length ? 'leave' : 'take')}
          />
        )}
        <span className="flex-1">
          {group.title} <span className="font-normal text-faint tabular-nums">{group.entries.length}</span>
        </span>
        <GroupButtons session={session} group={group} work={work} onDiscard={setDiscarding} />
        <Button size="small" look="quiet" onClick={() => setOpen(allOpen ? new Set() : new Set(shown.map((entry) => entry.key)))}>
          {allOpen ? 'Fold all' : 'Unfold all'}
        </Button>
      </h3>
      <ul>
        {shown.map((entry) => (
          <ChangeRow
            key={entry.key}
            session={session}
            entry={entry}
            file={files.get(entry.file.path)}
            chosen={chosen.has(entry.file.path)}
            open={open.has(entry.key)}
            view={view}
            after={<RowButtons session={session} entry={entry} work={work} onDiscard={setDiscarding} />}
            onToggle={() => toggle(entry.key)}
            onChoose={(how) => onChoose([entry.file.path], how)}
          />
        ))}
      </ul>
      {shown.length < group.entries.length && (
        <Button size="small" look="quiet" className="m-2" onClick={() => setAll(true)}>
          Show the other {(group.entries.length - shown.length).toLocaleString('en')}
        </Button>
      )}
      {discarding !== null && <DiscardDialog session={session} entries={discarding} onClose={() => setDiscarding(null)} />}
    </section>
  )
}

interface ChangeRowProps {
  session: Session
  entry: Entry
  file: FileDiff | undefined
  chosen: boolean
  open: boolean
  view: DiffView
  after: ReactNode
  onToggle: () => void
  onChoose: (how: 'take' | 'leave') => void
}

function ChangeRow({ session, entry, file, chosen, open, view, after, onToggle, onChoose }: ChangeRowProps) {
  const bar = barOf(entry.file)
  return (
    <DiffFileRow
      change={entry.change}
      path={entry.file.path}
      from={entry.file.from}
      additions={file?.additions ?? null}
      deletions={file?.deletions ?? null}
      open={open}
      onToggle={onToggle}
      before={
        <input
          type="checkbox"
          aria-label={`Commit ${entry.file.path}`}
          title={bar ?? undefined}
          className="shrink-0 accent-ember coarse:size-5"
          disabled={bar !== null}
          checked={chosen}
          onChange={() => onChoose(chosen ? 'leave' : 'take')}
        />
      }
      after={after}
      renderDiff={() =>
        entry.group === 'untracked' ? (
          <UntrackedDiff session={session} path={entry.file.path} submodule={entry.file.submodule} view={view} />
        ) : (
          <TrackedDiff session={session} compared={entry.group === 'staged' ? { staged: true } : {}} file={file} path={entry.file.path} view={view} />
        )
      }
    />
  )
}
