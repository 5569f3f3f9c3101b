// Which keys do what in a replay. Pure.
import type { KeyPress } from '../terminal/shortcuts'

export type ReplayCommand = 'toggle' | 'back' | 'on' | 'begin' | 'end' | 'slower' | 'faster' | 'previousMark' | 'nextMark' | 'pauses' | 'fullScreen'

/** Seconds that an arrow goes. */
export const STEP_SECONDS = 5

const COMMANDS: ReadonlyMap<string, ReplayCommand> = new Map([
  [' ', 'toggle'],
  ['ArrowLeft', 'back'],
  ['ArrowRight', 'on'],
  ['Home', 'begin'],
  ['End', 'end'],
  ['<', 'slower'],
  ['>', 'faster'],
  ['[', 'previousMark'],
  [']', 'nextMark'],
  ['s', 'pauses'],
  ['f', 'fullScreen'],
])

export function replayCommand(press: KeyPress): ReplayCommand | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null
  return COMMANDS.get(press.key) ?? null
}
