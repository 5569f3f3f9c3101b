// The terminal preferences as a React value.
import { useSyncExternalStore } from 'react'
import { onTerminalPreferences, terminalPreferences } from './preferences'
import type { TerminalPreferences } from './preferences'

export function useTerminalPreferences(): TerminalPreferences {
  return useSyncExternalStore(onTerminalPreferences, terminalPreferences)
}
