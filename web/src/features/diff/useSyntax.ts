// The colours of a diff's lines, worked out piece by piece so that nothing waits for them.
import { useEffect, useState } from 'react'
import { highlighterFor } from './highlight'
import type { Line } from './lines'
import type { Token } from './markup'

/** The tokens of lines by their number, before and after. */
export interface Syntax {
  old: ReadonlyMap<number, readonly Token[]>
  new: ReadonlyMap<number, readonly Token[]>
}

const NONE: Syntax = { old: new Map(), new: new Map() }
/** More text of one file is shown without colours. */
const MOST_LETTERS = 400_000
/** After so many letters others get a turn. */
const TURN_LETTERS = 20_000

/** `blocks` are lines that stand together; they are to be the same array as long as they are the same lines. */
export function useSyntax(path: string, blocks: readonly (readonly Line[])[]): Syntax {
  const [syntax, setSyntax] = useState(NONE)
  useEffect(() => {
    let over = false
    colour(path, blocks, () => over).then(
      (found) => over || setSyntax(found),
      // Its colours could not be loaded: the text is there without them.
      () => undefined,
    )
    return () => {
      over = true
    }
  }, [path, blocks])
  return syntax
}

async function colour(path: string, blocks: readonly (readonly Line[])[], isOver: () => boolean): Promise<Syntax> {
  const letters = blocks.reduce((sum, block) => sum + block.reduce((inner, line) => inner + line.text.length, 0), 0)
  if (letters > MOST_LETTERS) return NONE
  const highlight = await highlighterFor(path)
  if (highlight === null) return NONE
  const syntax = { old: new Map<number, Token[]>(), new: new Map<number, Token[]>() }
  let turn = 0
  for (const block of blocks) {
    for (const side of ['old', 'new'] as const) {
      const lines = block.filter((line) => line[side] !== null)
      const text = lines.map((line) => line.text).join('\n')
      const tokens = highlight(text)
      lines.forEach((line, index) => line[side] !== null && syntax[side].set(line[side], tokens[index] ?? []))
      turn += text.length
    }
    if (isOver()) return NONE
    if (turn > TURN_LETTERS) {
      turn = 0
      await new Promise((next) => setTimeout(next))
    }
  }
  return syntax
}
