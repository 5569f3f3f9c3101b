// The terminals of a session: side by side, in tabs, or one over the whole window. Which one says the URL.
import { Plus } from 'lucide-react'
import { Suspense, lazy } from 'react'
import type { ReactNode } from 'react'
import type { Session, TerminalInfo } from '../../api/types'
import { IconButton } from '../../ui/Button'
import { classes } from '../../ui/classes'
import { Split } from '../../ui/Split'
import { may } from './actions'
import type { SessionLayout, SessionSearch } from './sessionSearch'
import { useTerminalActions } from './terminalActions'

// xterm.js is the largest part of the page; it comes with the first terminal, not before.
const TerminalPane = lazy(async () => ({ default: (await import('../terminal/TerminalPane')).TerminalPane }))

interface WorkbenchProps {
  session: Session
  layout: SessionLayout
  chosen: string | undefined
  onChange: (search: SessionSearch) => void
}

export function Workbench({ session, layout, chosen, onChange }: WorkbenchProps) {
  const actions = useTerminalActions(session)
  const { terminals } = session
  const [first] = terminals
  if (first === undefined) return null
  const canDrive = may(session, 'drive')
  const selected = terminals.find((terminal) => terminal.name === chosen)
  const others = terminals.slice(1)
  const right = others.find((terminal) => terminal.name === chosen) ?? others[0]

  const pane = (terminal: TerminalInfo, tabs: ReactNode, focusFirst: boolean): ReactNode => (
    <Suspense fallback={<PaneSkeleton />}>
      <TerminalPane
        key={terminal.name}
        sessionId={session.id}
        terminal={terminal}
        canDrive={canDrive}
        focusFirst={focusFirst}
        aloneUrl={`/sessions/${session.id}/terminals/${terminal.name}`}
        fullScreen={layout === 'full' ? 'full' : 'not'}
        tabs={tabs}
        onFullScreen={() => onChange(layout === 'full' ? { terminal: terminal.name } : { view: 'full', terminal: terminal.name })}
        onRestart={() => actions.restart(terminal.name)}
        onChanged={actions.refresh}
        onClose={() => actions.close(terminal.name, () => onChange(layout === 'split' ? {} : { view: layout }))}
      />
    </Suspense>
  )
  const tabs = (list: readonly TerminalInfo[], current: TerminalInfo): ReactNode => (
    <Tabs
      terminals={list}
      current={current.name}
      canAdd={canDrive && session.status === 'running' && !actions.adding}
      onChoose={(terminal) => onChange({ view: layout, terminal })}
      onAdd={() => actions.add((terminal) => onChange({ view: layout, terminal: terminal.name }))}
    />
  )

  if (layout === 'split' && right !== undefined) {
    const focusRight = chosen === right.name
    return (
      <Split
        id="terminals"
        left={pane(first, <PaneName terminal={first} />, !focusRight)}
        right={pane(right, tabs(others, right), focusRight)}
      />
    )
  }
  const current = selected ?? first
  return pane(current, tabs(terminals, current), true)
}

function PaneName({ terminal }: { terminal: TerminalInfo }) {
  return (
    <span className="flex items-center gap-2 font-medium text-text">
      <TerminalDot terminal={terminal} />
      {terminal.title || terminal.name}
    </span>
  )
}

function TerminalDot({ terminal }: { terminal: TerminalInfo }) {
  return (
    <span
      aria-hidden="true"
      title={terminal.running ? 'running' : 'ended'}
      className={classes('size-1.5 rounded-full', terminal.running ? 'bg-run' : 'ring-1 ring-stop ring-inset')}
    />
  )
}

interface TabsProps {
  terminals: readonly TerminalInfo[]
  current: string
  canAdd: boolean
  onChoose: (name: string) => void
  onAdd: () => void
}

function Tabs({ terminals, current, canAdd, onChoose, onAdd }: TabsProps) {
  const step = (by: number): void => {
    const at = terminals.findIndex((terminal) => terminal.name === current)
    const next = terminals[(at + by + terminals.length) % terminals.length]
    if (next !== undefined) onChoose(next.name)
  }
  return (
    <div className="-ml-1.5 flex min-w-0 items-center gap-0.5">
      <div
        role="tablist"
        aria-label="Terminals"
        className="flex min-w-0 gap-0.5 overflow-x-auto [scrollbar-width:none]"
        onKeyDown={(event) => {
          if (event.key === 'ArrowRight') step(1)
          if (event.key === 'ArrowLeft') step(-1)
        }}
      >
        {terminals.map((terminal) => (
          <button
            key={terminal.name}
            type="button"
            role="tab"
            aria-selected={terminal.name === current}
            tabIndex={terminal.name === current ? 0 : -1}
            onClick={() => onChoose(terminal.name)}
            className={classes(
              'flex h-6.5 shrink-0 items-center gap-2 rounded-md px-2 text-xs coarse:h-9 coarse:px-3',
              terminal.name === current ? 'bg-active font-medium text-text' : 'text-faint hover:bg-hover hover:text-text',
            )}
          >
            <TerminalDot terminal={terminal} />
            {terminal.title || terminal.name}
          </button>
        ))}
      </div>
      {canAdd && (
        <IconButton label="Add a terminal" className="size-6.5" onClick={onAdd}>
          <Plus size={14} />
        </IconButton>
      )}
    </div>
  )
}

export function PaneSkeleton() {
  return (
    <div role="status" aria-label="Loading the terminal" className="flex h-full flex-col">
      <div className="h-9 border-b border-line bg-side" />
      <div className="flex-1 space-y-2.5 p-4">
        {['w-1/3', 'w-1/2', 'w-2/5'].map((width) => (
          <div key={width} className={classes('skeleton h-3 rounded', width)} />
        ))}
      </div>
    </div>
  )
}
