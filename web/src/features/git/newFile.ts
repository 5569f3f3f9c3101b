// A file that git does not know yet, as the diff that it would be. Pure.
import type { FileDiff } from '../../api/types'

export function allNew(path: string, { text, more }: { text: string | null; more: boolean }): FileDiff {
  const lines = text === null ? [] : linesOf(text, more)
  return {
    path,
    pathBytes: null,
    from: null,
    fromBytes: null,
    change: 'added',
    conflicted: false,
    oldMode: null,
    newMode: null,
    binary: text === null,
    additions: lines.filter((line) => line.startsWith('+')).length,
    deletions: 0,
    hunks: lines.length === 0 ? [] : [{ oldStart: 0, oldLines: 0, newStart: 1, newLines: lines.length, heading: '', lines }],
    tooLarge: false,
  }
}

function linesOf(text: string, more: boolean): string[] {
  if (text === '') return []
  const lines = text.split('\n').map((line) => `+${line}`)
  // The last piece is what stands behind the last end of line, or what was cut off in the middle.
  const last = lines.pop()
  if (more || last === undefined || last === '+') return lines
  return [...lines, last, '\\ No newline at end of file']
}
