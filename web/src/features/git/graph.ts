// The graph of a history: for each commit its lane, and the lines that lead through its row. Pure.

export interface Knot {
  hash: string
  parents: readonly string[]
}

/** The commits with no parent before its children, and otherwise as they came: clocks do not always agree with the history. */
export function childrenFirst<T extends Knot>(commits: readonly T[]): T[] {
  const byHash = new Map(commits.map((commit) => [commit.hash, commit]))
  // How many children of a commit are still to come.
  const waits = new Map<string, number>()
  for (const { parents } of commits) for (const parent of parents) waits.set(parent, (waits.get(parent) ?? 0) + 1)
  const told: T[] = []
  const held = new Set<string>()
  for (const commit of commits) {
    const ready = [commit]
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      if ((waits.get(next.hash) ?? 0) > 0) {
        held.add(next.hash)
        continue
      }
      told.push(next)
      for (const parent of next.parents.toReversed()) {
        waits.set(parent, (waits.get(parent) ?? 0) - 1)
        const found = byHash.get(parent)
        if (found !== undefined && waits.get(parent) === 0 && held.delete(parent)) ready.push(found)
      }
    }
  }
  return told
}

export interface GraphRow {
  /** Where the commit stands. */
  lane: number
  /** Lanes that come from above and go on below. */
  through: readonly number[]
  /** Lanes that end in this commit. */
  into: readonly number[]
  /** Lanes that begin or go on from this commit. */
  outOf: readonly number[]
}

export interface Graph {
  rows: readonly GraphRow[]
  /** How many lanes there are at the most. */
  lanes: number
}

export function graphOf(commits: readonly Knot[]): Graph {
  // Which commit each lane leads to next.
  let lanes: (string | null)[] = []
  let most = 0
  const rows = commits.map(({ hash, parents }): GraphRow => {
    const into = indices(lanes, (next) => next === hash)
    const through = indices(lanes, (next) => next !== null && next !== hash)
    const after = lanes.map((next) => (next === hash ? null : next))
    const lane = into[0] ?? free(after)
    const outOf = parents.map((parent, index) => {
      const known = after.indexOf(parent)
      // The first parent goes straight on, so that a branch keeps its lane until it ends in another.
      const to = index === 0 ? lane : known === -1 ? free(after) : known
      after[to] = parent
      return to
    })
    most = Math.max(most, lanes.length, after.length, lane + 1)
    lanes = trimmed(after)
    return { lane, through, into, outOf }
  })
  return { rows, lanes: most }
}

function free(lanes: readonly (string | null)[]): number {
  const found = lanes.indexOf(null)
  return found === -1 ? lanes.length : found
}

function indices(lanes: readonly (string | null)[], is: (next: string | null) => boolean): number[] {
  return lanes.flatMap((next, index) => (is(next) ? [index] : []))
}

function trimmed(lanes: readonly (string | null)[]): (string | null)[] {
  return lanes.slice(0, lanes.findLastIndex((next) => next !== null) + 1)
}
