// The panel beside the terminals: details, what it uses, ports, logs, configuration.
import { X } from 'lucide-react'
import type { Session } from '../../api/types'
import { IconButton } from '../../ui/Button'
import { Segments } from '../../ui/Segments'
import { MetricsPanel } from '../metrics/MetricsPanel'
import { ConfigPanel } from './ConfigPanel'
import { DetailsPanel } from './DetailsPanel'
import { LogPanel } from './LogPanel'
import { PortsPanel } from './PortsPanel'
import type { PanelName } from './sessionSearch'

interface SessionPanelProps {
  session: Session
  panel: PanelName
  onPanel: (panel: PanelName) => void
  onClose: () => void
}

export function SessionPanel({ session, panel, onPanel, onClose }: SessionPanelProps) {
  return (
    <aside
      aria-label="About this session"
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
      className="absolute inset-0 z-20 flex min-h-0 flex-col bg-bg md:static md:w-96 md:shrink-0 md:border-l md:border-line"
    >
      <div className="flex h-12 shrink-0 items-center justify-between gap-2 border-b border-line px-3">
        <Segments
          label="Panel"
          value={panel}
          onChange={onPanel}
          choices={[
            { value: 'details', label: 'Details' },
            { value: 'metrics', label: 'Usage' },
            { value: 'ports', label: session.ports.length === 0 ? 'Ports' : `Ports ${session.ports.length}` },
            { value: 'logs', label: 'Logs' },
            { value: 'config', label: 'Setup' },
          ]}
        />
        <IconButton label="Close the panel" onClick={onClose}>
          <X size={16} />
        </IconButton>
      </div>
      <div className="scroll-quiet min-h-0 flex-1 overflow-y-auto">
        {panel === 'details' && <DetailsPanel session={session} />}
        {panel === 'metrics' && <MetricsPanel session={session} />}
        {panel === 'ports' && <PortsPanel session={session} />}
        {panel === 'logs' && <LogPanel session={session} />}
        {panel === 'config' && <ConfigPanel session={session} />}
      </div>
    </aside>
  )
}
