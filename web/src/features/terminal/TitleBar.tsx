// The bar over a terminal: its name or tabs, its title, who looks, and what can be done with it.
import { ExternalLink, Eye, Maximize2, Minimize2 } from 'lucide-react'
import type { ReactNode } from 'react'
import type { TerminalInfo } from '../../api/types'
import { IconButton } from '../../ui/Button'
import { classes } from '../../ui/classes'
import type { TerminalView } from './controller'
import { TerminalMenu } from './TerminalMenu'

export interface TitleBarProps {
  terminal: TerminalInfo
  canDrive: boolean
  /** The address of this terminal alone; `null` when it already stands alone. */
  aloneUrl: string | null
  fullScreen: 'full' | 'not' | 'unavailable'
  /** Stands in place of the name: the tabs. */
  tabs?: ReactNode
  view: TerminalView | null
  onFullScreen: () => void
  onFind: () => void
  onReplay: (() => void) | null
  onRestart: () => void
  onClose: () => void
}

export function TitleBar({ terminal, canDrive, aloneUrl, fullScreen, tabs, view, onFullScreen, onFind, onReplay, onRestart, onClose }: TitleBarProps) {
  const openAlone = aloneUrl === null ? null : () => window.open(aloneUrl, '_blank', 'noopener')
  return (
    <header className="flex h-9 shrink-0 items-center gap-2 border-b border-line bg-side pr-1.5 pl-3 text-xs coarse:h-11">
      {tabs ?? <span className="font-medium text-text">{terminal.title || terminal.name}</span>}
      <span className="min-w-0 flex-1 truncate text-faint" title={view?.title}>
        {view?.title}
      </span>
      {view?.following === true && <span className="hidden text-faint sm:inline">following another window’s size</span>}
      {!canDrive && (
        <span className="inline-flex items-center gap-1 text-faint">
          <Eye size={13} /> watching
        </span>
      )}
      <Presence view={view} />
      <div className="flex items-center">
        {openAlone !== null && (
          <IconButton label="Open in its own window" className="max-lg:hidden" onClick={openAlone}>
            <ExternalLink size={14} />
          </IconButton>
        )}
        {fullScreen !== 'unavailable' && (
          <IconButton label={fullScreen === 'full' ? 'Leave full screen' : 'Full screen'} onClick={onFullScreen}>
            {fullScreen === 'full' ? <Minimize2 size={14} /> : <Maximize2 size={14} />}
          </IconButton>
        )}
        <TerminalMenu
          canDrive={canDrive}
          closable={terminal.name !== 'agent'}
          onFind={onFind}
          onOpenAlone={openAlone}
          onReplay={onReplay}
          onRestart={onRestart}
          onClose={onClose}
        />
      </div>
    </header>
  )
}

function Presence({ view }: { view: TerminalView | null }) {
  const viewers = view?.viewers ?? []
  if (viewers.length < 2) return null
  return (
    <ul aria-label={`${viewers.length} people are looking`} className="flex -space-x-1">
      {viewers.slice(0, 4).map((viewer) => (
        <li
          key={viewer.id}
          title={`${viewer.name}${viewer.you ? ' (you)' : viewer.mode === 'read' ? ' (watching)' : ''}`}
          className={classes(
            'grid size-5 place-items-center rounded-full border text-[10px] font-semibold uppercase',
            viewer.mode === 'read' ? 'border-line-strong bg-raised text-soft' : 'border-ember/50 bg-ember-wash text-ember',
          )}
        >
          {viewer.name.slice(0, 1)}
        </li>
      ))}
      {viewers.length > 4 && <li className="pl-2 text-faint">+{viewers.length - 4}</li>}
    </ul>
  )
}
