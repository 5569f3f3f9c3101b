// One terminal with its frame: title bar, screen, connection state, search, and what to do when the program has ended.
import { useState } from 'react'
import type { TerminalInfo } from '../../api/types'
import { copyQuietly, copyText } from '../../ui/clipboard'
import { openPalette } from '../palette/open'
import { useReplayWay } from '../recording/useReplayWay'
import { copySelection, pasteInto } from './clipboard'
import type { TerminalController, TerminalView } from './controller'
import { KeyBar } from './KeyBar'
import { CopyRequest, Ended, PasteQuestion } from './PaneNotices'
import { ScreenMenu } from './ScreenMenu'
import { SearchBar } from './SearchBar'
import type { Shortcut } from './shortcuts'
import { StatusPill } from './StatusPill'
import { TitleBar } from './TitleBar'
import type { TitleBarProps } from './TitleBar'
import { useTerminal } from './useTerminal'

export type TerminalPaneProps = Omit<TitleBarProps, 'view' | 'onFind' | 'onReplay' | 'onRestart'> & {
  sessionId: string
  focusFirst: boolean
  onRestart: () => Promise<void>
  /** The program ended while we looked, or we may look no more: the session has changed. */
  onChanged: () => void
}

export function TerminalPane(props: TerminalPaneProps) {
  const { sessionId, terminal, canDrive, focusFirst, onChanged } = props
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
    { shortcut: onShortcut, copied: (text) => void copyText(text, 'Text'), selected: copyQuietly, changed: onChanged },
  )
  const restart = async (): Promise<void> => {
    await props.onRestart()
    controller?.forgetExit()
    controller?.focus()
  }
  const onReplay = useReplayWay(sessionId, terminal.name)
  const ended = endOf(terminal, view)
  return (
    <section aria-label={`Terminal ${terminal.name}`} data-terminal={terminal.name} className="flex h-full min-h-0 min-w-0 flex-col">
      <TitleBar {...props} view={view} onFind={() => setSearching(true)} onReplay={onReplay} onRestart={() => void restart()} />
      <div
        className="relative min-h-0 flex-1 after:pointer-events-none after:absolute after:inset-0 after:z-10 after:ring-ember/60 after:ring-inset focus-within:after:ring-1"
        style={{ backgroundColor: theme.colors.background }}
      >
        <ScreenMenu controller={controller} onFind={() => setSearching(true)}>
          <div className="absolute inset-0 overflow-clip pt-1.5 pb-1 pl-2.5">
            <div ref={attach} className="size-full" />
          </div>
        </ScreenMenu>
        {controller !== null && view !== null && (
          <Above controller={controller} view={view} searching={searching} onSearched={() => setSearching(false)} />
        )}
        {ended !== null && <Ended code={ended.code} canDrive={canDrive} onRestart={() => void restart()} />}
      </div>
      {controller !== null && view !== null && canDrive && (
        <div className="hidden coarse:block">
          <KeyBar controller={controller} modifiers={view.modifiers} />
        </div>
      )}
      {controller !== null && view?.pasteRequest != null && <PasteQuestion text={view.pasteRequest} controller={controller} />}
    </section>
  )
}

interface AboveProps {
  controller: TerminalController
  view: TerminalView
  searching: boolean
  onSearched: () => void
}

/** What lies over the screen while there is something to say. */
function Above({ controller, view, searching, onSearched }: AboveProps) {
  return (
    <>
      {searching ? (
        <SearchBar
          found={view.search}
          onFind={(text, direction, how) => controller.find(text, direction, how)}
          onClose={() => {
            onSearched()
            controller.endSearch()
          }}
        />
      ) : (
        <StatusPill
          status={view.status}
          refused={view.refused}
          onHurry={() => controller.hurry()}
          onReconnect={() => controller.reconnect()}
        />
      )}
      {view.copyRequest !== null && <CopyRequest controller={controller} />}
    </>
  )
}

/** The program's end: as this connection saw it, else as the server last told. */
function endOf(terminal: TerminalInfo, view: TerminalView | null): { code: number | null } | null {
  if (view?.exit != null) return view.exit
  return terminal.running || terminal.exitCode == null ? null : { code: terminal.exitCode }
}

/** Lets keyboard users out of the terminal, which takes Tab for itself: on to the pane's own buttons. */
function leave(): void {
  document.activeElement?.closest('[data-terminal]')?.querySelector<HTMLElement>('header button, header a')?.focus()
}
