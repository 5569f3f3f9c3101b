// The lines of a diff, as the server sends them in stretches, made ready to be shown: numbered, paired, joined with what lies between. Pure.

/** A stretch of a file, before and after. Its lines stand behind ` `, `+`, `-`, or `\` where there is no end of line. */
export interface Hunk {
  oldStart: number
  oldLines: number
  newStart: number
  newLines: number
  heading: string
  lines: readonly string[]
}

export type LineKind = 'same' | 'add' | 'del'

export interface Line {
  kind: LineKind
  /** Its number before; `null` where it was not there. */
  old: number | null
  /** Its number after; `null` where it is gone. */
  new: number | null
  text: string
  /** What it was, or became, where one line took the place of another. */
  mate: string | null
  /** The file ends with it, without an end of line. */
  noEnd: boolean
}

const KINDS: Partial<Record<string, LineKind>> = { ' ': 'same', '+': 'add', '-': 'del' }

/** How many lines git leaves around a change. */
const AROUND = 3

export function linesOf(hunk: Hunk): Line[] {
  const lines: Line[] = []
  let before = hunk.oldStart
  let after = hunk.newStart
  for (const raw of hunk.lines) {
    const kind = KINDS[raw.charAt(0)]
    const last = lines.at(-1)
    if (kind === undefined) {
      // What git says about the line before it.
      if (last !== undefined && raw.startsWith('\\')) last.noEnd = true
      continue
    }
    lines.push({ kind, old: kind === 'add' ? null : before, new: kind === 'del' ? null : after, text: raw.slice(1), mate: null, noEnd: false })
    if (kind !== 'add') before += 1
    if (kind !== 'del') after += 1
  }
  for (const { dels, adds } of replacements(lines)) {
    dels.forEach((del, index) => {
      const add = adds[index]
      if (add === undefined) return
      del.mate = add.text
      add.mate = del.text
    })
  }
  return lines
}

/** A line before beside the one after; one of them may be missing. */
export interface Pair {
  left: Line | null
  right: Line | null
}

export function pairsOf(lines: readonly Line[]): Pair[] {
  const pairs: Pair[] = []
  let dels: Line[] = []
  let adds: Line[] = []
  const settle = (): void => {
    for (let index = 0; index < Math.max(dels.length, adds.length); index += 1) {
      pairs.push({ left: dels[index] ?? null, right: adds[index] ?? null })
    }
    dels = []
    adds = []
  }
  for (const line of lines) {
    if (line.kind === 'del') {
      if (adds.length > 0) settle()
      dels.push(line)
    } else if (line.kind === 'add') adds.push(line)
    else {
      settle()
      pairs.push({ left: line, right: line })
    }
  }
  settle()
  return pairs
}

/** The stretches of a file that was sent whole: each change with a few lines around it. */
export function hunksOfWhole(whole: Hunk): Hunk[] {
  const changed = whole.lines.flatMap((raw, index) => (raw.startsWith(' ') ? [] : [index]))
  const hunks: Hunk[] = []
  let from = -1
  let to = -1
  const close = (): void => {
    if (from !== -1) hunks.push(cut(whole, from, to))
  }
  for (const index of changed) {
    if (from !== -1 && index - AROUND <= to) {
      to = Math.min(whole.lines.length, index + AROUND + 1)
      continue
    }
    close()
    from = Math.max(0, index - AROUND)
    to = Math.min(whole.lines.length, index + AROUND + 1)
  }
  close()
  return hunks
}

function cut(whole: Hunk, from: number, to: number): Hunk {
  const above = whole.lines.slice(0, from)
  const lines = whole.lines.slice(from, to)
  const oldLines = count(lines, '-')
  const newLines = count(lines, '+')
  // A side without lines begins at the line above it, as git has it.
  const start = (first: number, lead: number, size: number): number => first + lead - (size === 0 ? 1 : 0)
  return {
    oldStart: start(Math.max(1, whole.oldStart), count(above, '-'), oldLines),
    oldLines,
    newStart: start(Math.max(1, whole.newStart), count(above, '+'), newLines),
    newLines,
    heading: '',
    lines,
  }
}

function count(lines: readonly string[], sign: '+' | '-'): number {
  return lines.filter((raw) => raw.startsWith(' ') || raw.startsWith(sign)).length
}

function replacements(lines: readonly Line[]): { dels: Line[]; adds: Line[] }[] {
  const found: { dels: Line[]; adds: Line[] }[] = []
  let open: { dels: Line[]; adds: Line[] } | null = null
  for (const line of lines) {
    if (line.kind === 'same') open = null
    else if (line.kind === 'add') open?.adds.push(line)
    else if (open === null || open.adds.length > 0) {
      open = { dels: [line], adds: [] }
      found.push(open)
    } else open.dels.push(line)
  }
  return found
}
