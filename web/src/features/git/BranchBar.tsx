// The branch, what it follows, how far the two are from each other, and what brings them together.
import { Archive, ArchiveRestore, ArrowDown, ArrowUp, ChevronDown, CloudDownload, GitBranch, MoreHorizontal, X } from 'lucide-react'
import { useState } from 'react'
import type { GitStatus, Session } from '../../api/types'
import { Badge } from '../../ui/Badge'
import { Button, IconButton } from '../../ui/Button'
import { Menu, MenuItem, MenuRule } from '../../ui/Menu'
import { may } from '../sessions/actions'
import { BranchDialog } from './BranchDialog'
import { FailureNote } from './FailureNote'
import { PutAwayDialog } from './PutAwayDialog'
import { branchWord } from './status'
import type { GitWork } from './useGitWork'

interface BranchBarProps {
  session: Session
  status: GitStatus
  work: GitWork
}

type Asking = 'branch' | 'pushFromNewBranch' | 'putAway'

export function BranchBar({ session, status, work }: BranchBarProps) {
  const [asking, setAsking] = useState<Asking | null>(null)
  const bar = may(session, 'drive') ? null : 'That takes the right to drive this session.'
  const exchangeBar = bar ?? (status.branch === null ? 'The working tree stands on no branch: go over to one first.' : null)
  return (
    <>
      <div className="flex min-h-11 flex-wrap items-center gap-x-2 gap-y-1 border-b border-line px-3 py-1.5 text-xs">
        <Button
          size="small"
          look="quiet"
          aria-label={`Branch ${branchWord(status)}. Go over to another one`}
          reason={bar}
          className="-ml-1.5 max-w-full min-w-0 shrink px-1.5 text-text"
          onClick={() => setAsking('branch')}
        >
          <GitBranch size={14} aria-hidden="true" className="shrink-0 text-soft" />
          <span className="min-w-0 truncate font-mono font-medium">{branchWord(status)}</span>
          <ChevronDown size={13} aria-hidden="true" className="shrink-0 text-faint" />
        </Button>
        {status.detached && <Badge tone="need">no branch</Badge>}
        {status.upstream !== null && <span className="min-w-0 truncate text-faint">follows {status.upstream}</span>}
        {status.stashes > 0 && (
          <Button size="small" look="quiet" className="px-1.5 text-soft" onClick={() => setAsking('putAway')}>
            {status.stashes} put away
          </Button>
        )}
        <span className="ml-auto flex shrink-0 items-center gap-1">
          {work.busy === null ? <Exchange status={status} work={work} bar={exchangeBar} /> : <Busy words={work.busy} onStop={work.stop} />}
          <More status={status} work={work} bar={bar} exchangeBar={exchangeBar} onAsk={setAsking} />
        </span>
      </div>
      {work.failure !== null && (
        <FailureNote
          failure={work.failure}
          onForget={work.forget}
          onStep={({ run }) => (run === 'pushFromNewBranch' ? setAsking(run) : work.run(...run))}
        />
      )}
      {(asking === 'branch' || asking === 'pushFromNewBranch') && (
        <BranchDialog session={session} status={status} work={work} purpose={asking} onClose={() => setAsking(null)} />
      )}
      {asking === 'putAway' && <PutAwayDialog session={session} status={status} work={work} bar={bar} onClose={() => setAsking(null)} />}
    </>
  )
}

interface ExchangeProps {
  status: GitStatus
  work: GitWork
  bar: string | null
}

function Exchange({ status, work, bar }: ExchangeProps) {
  const ahead = status.ahead ?? 0
  const behind = status.behind ?? 0
  return (
    <>
      <Button size="small" aria-label={behind > 0 ? `Pull ${behind}` : 'Pull'} reason={bar} onClick={() => work.run({ kind: 'pull', mode: 'ffOnly' })}>
        <ArrowDown size={13} /> Pull {behind > 0 && <span className="tabular-nums">{behind}</span>}
      </Button>
      <Button size="small" aria-label={ahead > 0 ? `Push ${ahead}` : 'Push'} reason={bar} onClick={() => work.run({ kind: 'push' })}>
        <ArrowUp size={13} /> Push {ahead > 0 && <span className="tabular-nums">{ahead}</span>}
      </Button>
    </>
  )
}

function Busy({ words, onStop }: { words: string; onStop: () => void }) {
  return (
    <span role="status" className="flex shrink-0 items-center gap-1.5 text-soft">
      <span aria-hidden="true" className="size-3 rounded-full border-2 border-line-strong border-t-ember motion-safe:animate-spin" />
      {words}
      <IconButton label="Stop it" onClick={onStop}>
        <X size={14} />
      </IconButton>
    </span>
  )
}

interface MoreProps extends ExchangeProps {
  exchangeBar: string | null
  onAsk: (what: Asking) => void
}

function More({ status, work, bar, exchangeBar, onAsk }: MoreProps) {
  const isBusy = work.busy !== null
  const nothing = status.files.length === 0 ? 'Nothing has changed.' : null
  const conflicted = status.counts.conflicted > 0 ? 'Settle the conflicts first.' : null
  return (
    <Menu
      trigger={
        <IconButton label="More about the branch">
          <MoreHorizontal size={15} />
        </IconButton>
      }
    >
      <MenuItem icon={<CloudDownload size={14} />} disabled={isBusy} reason={bar} onSelect={() => work.run({ kind: 'fetch' })}>
        Fetch
      </MenuItem>
      <MenuItem icon={<ArrowDown size={14} />} disabled={isBusy} reason={exchangeBar} onSelect={() => work.run({ kind: 'pull', mode: 'rebase' })}>
        Pull with rebase
      </MenuItem>
      <MenuItem icon={<ArrowDown size={14} />} disabled={isBusy} reason={exchangeBar} onSelect={() => work.run({ kind: 'pull', mode: 'merge' })}>
        Pull with merge
      </MenuItem>
      <MenuRule />
      <MenuItem icon={<GitBranch size={14} />} disabled={isBusy} reason={bar} onSelect={() => onAsk('branch')}>
        Branches…
      </MenuItem>
      <MenuItem icon={<Archive size={14} />} disabled={isBusy} reason={bar ?? nothing ?? conflicted} onSelect={() => work.run({ kind: 'putAway' })}>
        Put the changes away
      </MenuItem>
      <MenuItem icon={<ArchiveRestore size={14} />} disabled={isBusy || status.stashes === 0} onSelect={() => onAsk('putAway')}>
        What was put away…
      </MenuItem>
    </Menu>
  )
}
