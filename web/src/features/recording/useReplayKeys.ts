// The keys of a replay, wherever the focus is on its page but in a menu, a dialog or a field.
import { useEffect, useRef } from 'react'
import { replayCommand } from './keys'
import type { ReplayCommand } from './keys'

export function useReplayKeys(onCommand: (command: ReplayCommand) => void): void {
  const latest = useRef(onCommand)
  useEffect(() => {
    latest.current = onCommand
  })
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => {
      const command = replayCommand(event)
      if (command === null || belongsElsewhere(event)) return
      event.preventDefault()
      event.stopPropagation()
      latest.current(command)
    }
    // Before the screen, which takes every key that it is given.
    window.addEventListener('keydown', listener, { capture: true })
    return () => window.removeEventListener('keydown', listener, { capture: true })
  }, [])
}

function belongsElsewhere({ key, target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false
  // A button is pressed with the space bar.
  if (key === ' ' && target.closest('button, a') !== null) return true
  return target.closest('input, select, [role="menu"], [role="dialog"]') !== null
}
