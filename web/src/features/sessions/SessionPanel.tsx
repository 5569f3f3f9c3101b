// The panel beside the terminals: details, changes, what it uses, ports, logs, configuration.
import { Maximize2, Minimize2, X } from 'lucide-react'
import { Suspense, lazy } from 'react'
import type { Session } from '../../api/types'
import { IconButton } from '../../ui/Button'
import { classes } from '../../ui/classes'
import { Segments } from '../../ui/Segments'
import { useStored } from '../../ui/useStored'
import { MetricsPanel } from '../metrics/MetricsPanel'
import { ConfigPanel } from './ConfigPanel'
import { DetailsPanel } from './DetailsPanel'
import { LogPanel } from './LogPanel'
import { PortsPanel } from './PortsPanel'
import type { PanelName } from './sessionSearch'

// Diffs and their colours come when somebody looks at changes first.
const GitPanel = lazy(async () => ({ default: (await import('../git/GitPanel')).GitPanel }))

/** What is open in the panel, as the URL has it. */
export interface PanelPlace {
  panel: PanelName
  commit?: string | undefined
}

interface SessionPanelProps {
  session: Session
  place: PanelPlace
  onPlace: (place: PanelPlace) => void
  onClose: () => void
}

export function SessionPanel({ session, place, onPlace, onClose }: SessionPanelProps) {
  const { panel } = place
  const [room, setRoom] = useStored('longhouse.panel.git', 'beside')
  const isGit = panel === 'changes' || panel === 'history' || panel === 'checkpoints'
  const over = isGit && room === 'over'
  return (
    <aside
      aria-label="About this session"
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
      className={classes(
        'absolute inset-0 z-20 flex min-h-0 flex-col bg-bg',
        !over && 'md:static md:shrink-0 md:border-l md:border-line',
        !over && (isGit ? 'md:w-[clamp(27rem,45%,60rem)]' : 'md:w-[27rem]'),
      )}
    >
      <div className="flex h-12 shrink-0 items-center justify-between gap-2 border-b border-line px-3">
        <div className="min-w-0 overflow-x-auto [scrollbar-width:none]">
          <Segments
            label="Panel"
            value={isGit ? 'changes' : panel}
            onChange={(next) => onPlace({ panel: next })}
            choices={[
              { value: 'details', label: 'Details' },
              { value: 'changes', label: 'Changes' },
              { value: 'metrics', label: 'Usage' },
              { value: 'ports', label: session.ports.length === 0 ? 'Ports' : `Ports ${session.ports.length}` },
              { value: 'logs', label: 'Logs' },
              { value: 'config', label: 'Setup' },
            ]}
          />
        </div>
        <span className="flex shrink-0">
          {isGit && (
            <IconButton label={over ? 'Beside the terminals' : 'Over the terminals'} className="max-md:hidden" onClick={() => setRoom(over ? 'beside' : 'over')}>
              {over ? <Minimize2 size={15} /> : <Maximize2 size={15} />}
            </IconButton>
          )}
          <IconButton label="Close the panel" onClick={onClose}>
            <X size={16} />
          </IconButton>
        </span>
      </div>
      <div data-scroller className="scroll-quiet relative min-h-0 flex-1 overflow-y-auto">
        {panel === 'details' && <DetailsPanel session={session} />}
        {isGit && (
          <Suspense fallback={<div role="status" aria-label="Loading the changes" className="skeleton m-3 h-40 rounded-xl" />}>
            <GitPanel
              session={session}
              place={{ part: panel, commit: place.commit }}
              onPlace={({ part, commit }) => onPlace({ panel: part, commit })}
            />
          </Suspense>
        )}
        {panel === 'metrics' && <MetricsPanel session={session} />}
        {panel === 'ports' && <PortsPanel session={session} />}
        {panel === 'logs' && <LogPanel session={session} />}
        {panel === 'config' && <ConfigPanel session={session} />}
      </div>
    </aside>
  )
}
