// One terminal with its frame: title bar, screen, connection state, search, and what to do when the program has ended.
import * as ContextMenu from '@radix-ui/react-context-menu'
import { ExternalLink, Eye, Maximize2, Minimize2, RotateCcw } from 'lucide-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import type { TerminalInfo } from '../../api/types'
import { Button, IconButton } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { MENU_ITEM, MENU_SURFACE } from '../../ui/Menu'
import { classes } from '../../ui/classes'
import { copyText } from '../../ui/clipboard'
import { toast } from '../../ui/toast'
import { openPalette } from '../palette/open'
import type { TerminalController, TerminalView } from './controller'
import { KeyBar } from './KeyBar'
import { SearchBar } from './SearchBar'
import type { Shortcut } from './shortcuts'
import { StatusPill } from './StatusPill'
import { TerminalMenu } from './TerminalMenu'
import { useTerminal } from './useTerminal'

export interface TerminalPaneProps {
  sessionId: string
  terminal: TerminalInfo
  canDrive: boolean
  focusFirst: boolean
  /** The address of this terminal alone; `null` when it already stands alone. */
  aloneUrl: string | null
  fullScreen: 'full' | 'not' | 'unavailable'
  /** Stands in the title bar in place of the name: the tabs. */
  tabs?: ReactNode
  onFullScreen: () => void
  onRestart: () => Promise<void>
  onClose: () => void
}

export function TerminalPane(props: TerminalPaneProps) {
  const { sessionId, terminal, canDrive, focusFirst } = props
  const [searching, setSearching] = useState(false)
  const onShortcut = (shortcut: Shortcut): void => {
    if (shortcut === 'find') setSearching(true)
    if (shortcut === 'copy') copySelection(controller)
    if (shortcut === 'paste') void pasteInto(controller)
    if (shortcut === 'palette') openPalette()
    if (shortcut === 'fullScreen') props.onFullScreen()
    if (shortcut === 'leave') leave()
  }
  const { attach, controller, view, theme } = useTerminal(
    { sessionId, terminal: terminal.name, mode: canDrive ? 'write' : 'read', focus: focusFirst ? 'focus' : 'wait' },
    { shortcut: onShortcut, copied: (text) => void copyText(text, 'Text') },
  )
  const ended = endOf(terminal, view)
  const restart = async (): Promise<void> => {
    await props.onRestart()
    controller?.forgetExit()
    controller?.focus()
  }
  return (
    <section
      aria-label={`Terminal ${terminal.name}`}
      data-terminal={terminal.name}
      className="group/pane flex h-full min-h-0 min-w-0 flex-col"
    >
      <TitleBar {...props} view={view} onFind={() => setSearching(true)} onRestart={() => void restart()} />
      <div
        className="relative min-h-0 flex-1 after:pointer-events-none after:absolute after:inset-0 after:z-10 after:ring-ember/60 after:ring-inset focus-within:after:ring-1"
        style={{ backgroundColor: theme.colors.background }}
      >
        <ScreenMenu controller={controller} onFind={() => setSearching(true)}>
          <div className="absolute inset-0 overflow-hidden pt-1.5 pb-1 pl-2.5">
            <div ref={attach} className="size-full" />
          </div>
        </ScreenMenu>
        {view !== null && controller !== null && !searching && (
          <StatusPill
            status={view.status}
            refused={view.refused}
            onHurry={() => controller.hurry()}
            onReconnect={() => controller.reconnect()}
          />
        )}
        {searching && view !== null && controller !== null && (
          <SearchBar
            found={view.search}
            onFind={(text, direction, how) => controller.find(text, direction, how)}
            onClose={() => {
              setSearching(false)
              controller.endSearch()
            }}
          />
        )}
        {ended !== null && <Ended code={ended.code} canDrive={canDrive} onRestart={() => void restart()} />}
        {view?.copyRequest != null && controller !== null && <CopyRequest controller={controller} />}
      </div>
      {controller !== null && canDrive && (
        <div className="hidden coarse:block">
          <KeyBar controller={controller} modifiers={view?.modifiers ?? { ctrl: false, alt: false }} />
        </div>
      )}
      {view?.pasteRequest != null && controller !== null && <PasteQuestion text={view.pasteRequest} controller={controller} />}
    </section>
  )
}

/** The program's end: as this connection saw it, else as the server last told. */
function endOf(terminal: TerminalInfo, view: TerminalView | null): { code: number | null } | null {
  if (view?.exit != null) return view.exit
  return terminal.running || terminal.exitCode == null ? null : { code: terminal.exitCode }
}

type TitleBarProps = Omit<TerminalPaneProps, 'onRestart'> & { view: TerminalView | null; onFind: () => void; onRestart: () => void }

function TitleBar({ terminal, canDrive, aloneUrl, fullScreen, tabs, view, onFullScreen, onFind, onRestart, onClose }: TitleBarProps) {
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

function Ended({ code, canDrive, onRestart }: { code: number | null; canDrive: boolean; onRestart: () => void }) {
  return (
    <div className="absolute inset-x-0 bottom-0 z-10 flex flex-wrap items-center justify-between gap-3 border-t border-line bg-raised px-4 py-2.5 text-sm text-text">
      <span>
        {code === 0 ? 'The program has ended.' : code === null ? 'The program was ended.' : `The program ended with code ${code}.`}
      </span>
      {canDrive && (
        <Button size="small" onClick={onRestart}>
          <RotateCcw size={13} /> Restart
        </Button>
      )}
    </div>
  )
}

function CopyRequest({ controller }: { controller: TerminalController }) {
  return (
    <div role="alertdialog" aria-label="Clipboard" className="absolute inset-x-3 bottom-3 z-20 flex flex-wrap items-center justify-between gap-3 rounded-lg border border-line-strong bg-raised px-4 py-2.5 text-sm text-text shadow-pop">
      <span>The program wants to put text on your clipboard.</span>
      <span className="flex gap-2">
        <Button size="small" look="quiet" onClick={() => controller.answerCopy('deny')}>
          Deny
        </Button>
        <Button size="small" look="primary" onClick={() => controller.answerCopy('allow')}>
          Allow in this terminal
        </Button>
      </span>
    </div>
  )
}

function PasteQuestion({ text, controller }: { text: string; controller: TerminalController }) {
  const lines = text.trimEnd().split(/\r\n|\r|\n/).length
  return (
    <Dialog
      title={`Paste ${lines} lines?`}
      description="The program takes each line break as Enter, so every line runs at once."
      onClose={() => controller.answerPaste('cancel')}
      width="wide"
    >
      <pre className="scroll-quiet mt-4 max-h-60 overflow-auto rounded-lg border border-line bg-side p-3 font-mono text-xs">{text}</pre>
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={() => controller.answerPaste('cancel')}>Cancel</Button>
        <Button look="primary" autoFocus onClick={() => controller.answerPaste('paste')}>
          Paste
        </Button>
      </div>
    </Dialog>
  )
}

interface ScreenMenuProps {
  controller: TerminalController | null
  onFind: () => void
  children: ReactNode
}

function ScreenMenu({ controller, onFind, children }: ScreenMenuProps) {
  const items: readonly { label: string; keys?: string; run: () => void }[] = [
    { label: 'Copy', keys: 'Ctrl ⇧ C', run: () => copySelection(controller) },
    { label: 'Paste', keys: 'Ctrl ⇧ V', run: () => void pasteInto(controller) },
    { label: 'Select all', run: () => controller?.selectAll() },
    { label: 'Find', keys: 'Ctrl ⇧ F', run: onFind },
    { label: 'Clear scrollback here', run: () => controller?.clearScrollback() },
  ]
  return (
    <ContextMenu.Root modal={false}>
      <ContextMenu.Trigger asChild>{children}</ContextMenu.Trigger>
      <ContextMenu.Portal>
        <ContextMenu.Content className={MENU_SURFACE}>
          {items.map((item) => (
            <ContextMenu.Item key={item.label} className={MENU_ITEM} onSelect={item.run}>
              <span className="flex-1">{item.label}</span>
              {item.keys !== undefined && <span className="pl-6 text-2xs text-faint">{item.keys}</span>}
            </ContextMenu.Item>
          ))}
        </ContextMenu.Content>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  )
}

function copySelection(controller: TerminalController | null): void {
  const text = controller?.selection() ?? ''
  if (text === '') toast('Nothing is selected.')
  else void copyText(text, 'Selection')
}

async function pasteInto(controller: TerminalController | null): Promise<void> {
  try {
    controller?.paste(await navigator.clipboard.readText())
  } catch {
    toast('The browser did not allow reading the clipboard. Paste with the browser’s own shortcut.', 'error')
  }
}

/** Lets keyboard users out of the terminal, which takes Tab for itself: on to the pane's own buttons. */
function leave(): void {
  document.activeElement?.closest('[data-terminal]')?.querySelector<HTMLElement>('header button, header a')?.focus()
}
