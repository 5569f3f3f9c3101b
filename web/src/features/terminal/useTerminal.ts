// Ties a terminal controller to a React component: made when the element appears, ended when it goes.
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { RefCallback } from 'react'
import { useAppearance } from '../appearance/useAppearance'
import { TerminalController } from './controller'
import type { ControllerEvents, TerminalView } from './controller'
import { terminalPreferences } from './preferences'
import type { AccessMode } from './protocol'
import { themeFor } from './themes'
import type { TerminalTheme } from './themes'
import { useTerminalPreferences } from './usePreferences'

export interface UsedTerminal {
  /** The `ref` of the element that the terminal is drawn into. */
  attach: RefCallback<HTMLElement>
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

export function useTerminal(target: TerminalTarget, events: ControllerEvents): UsedTerminal {
  const preferences = useTerminalPreferences()
  const theme = themeFor(preferences.theme, useAppearance())
  const [controller, setController] = useState<TerminalController | null>(null)
  const { sessionId, terminal, mode, focus } = target
  // What may change without a new connection is read through here.
  const latest = useRef({ events, theme, focus })
  useEffect(() => {
    latest.current = { events, theme, focus }
  })

  const attach = useCallback(
    (element: HTMLElement | null) => {
      if (element === null) return undefined
      const made = new TerminalController(
        { sessionId, terminal, mode },
        { preferences: terminalPreferences(), theme: latest.current.theme },
        {
          shortcut: (shortcut) => latest.current.events.shortcut(shortcut),
          copied: (text) => latest.current.events.copied(text),
          selected: (text) => latest.current.events.selected(text),
          changed: () => latest.current.events.changed(),
        },
      )
      setController(made)
      void made.mount(element, latest.current.focus)
      return () => {
        made.dispose()
        setController(null)
      }
    },
    [sessionId, terminal, mode],
  )

  useEffect(() => controller?.apply(preferences, theme), [controller, preferences, theme])

  const view = useSyncExternalStore(controller?.subscribe ?? never, () => controller?.view() ?? null)
  return { attach, controller, view, theme }
}
