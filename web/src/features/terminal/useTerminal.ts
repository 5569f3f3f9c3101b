// Ties a terminal controller to a React component: made when the element appears, ended when it goes.
import { useEffect, useState, useSyncExternalStore } from 'react'
import { useAppearance } from '../appearance/useAppearance'
import { TerminalController } from './controller'
import type { ControllerEvents, TerminalView } from './controller'
import { terminalPreferences } from './preferences'
import type { AccessMode } from './protocol'
import { themeFor } from './themes'
import type { TerminalTheme } from './themes'
import { useTerminalPreferences } from './usePreferences'

export interface UsedTerminal {
  controller: TerminalController | null
  view: TerminalView | null
  theme: TerminalTheme
}

export interface TerminalTarget {
  sessionId: string
  terminal: string
  mode: AccessMode
  focus: 'focus' | 'wait'
}

const never = (): (() => void) => () => undefined

export function useTerminal(element: HTMLElement | null, target: TerminalTarget, events: ControllerEvents): UsedTerminal {
  const preferences = useTerminalPreferences()
  const theme = themeFor(preferences.theme, useAppearance())
  const [controller, setController] = useState<TerminalController | null>(null)
  const { sessionId, terminal, mode, focus } = target
  const [latest] = useState(() => ({ events, theme, focus }))
  latest.events = events
  latest.theme = theme
  latest.focus = focus

  useEffect(() => {
    if (element === null) return
    const made = new TerminalController(
      { sessionId, terminal, mode },
      { preferences: terminalPreferences(), theme: latest.theme },
      { shortcut: (shortcut) => latest.events.shortcut(shortcut), copied: (text) => latest.events.copied(text) },
    )
    setController(made)
    void made.mount(element, latest.focus)
    return () => {
      made.dispose()
      setController(null)
    }
  }, [element, sessionId, terminal, mode, latest])

  useEffect(() => controller?.apply(preferences, theme), [controller, preferences, theme])

  const view = useSyncExternalStore(controller?.subscribe ?? never, () => controller?.view() ?? null)
  return { controller, view, theme }
}
