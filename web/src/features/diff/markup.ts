// What the highlighter says of a text, read as places in its lines: its markup is never put into the page. Pure.

/** A piece of a line with a meaning: a key word, a comment. */
export interface Token {
  from: number
  to: number
  scope: string
}

const PIECE = /<span class="([^"]*)">|<\/span>|&(amp|lt|gt|quot|#x27);|\n|[^<&\n]+|[<&]/g
const ENTITIES = new Set(['amp', 'lt', 'gt', 'quot', '#x27'])

/** The tokens of each line. A piece within another counts as the inner one. */
export function readMarkup(markup: string): Token[][] {
  const lines: Token[][] = [[]]
  const open: string[] = []
  let column = 0
  for (const [piece, names, entity] of markup.matchAll(PIECE)) {
    if (names !== undefined) open.push(names)
    else if (piece === '</span>') open.pop()
    else if (piece === '\n') {
      lines.push([])
      column = 0
    } else {
      const length = entity !== undefined && ENTITIES.has(entity) ? 1 : piece.length
      add(lines.at(-1) ?? [], column, column + length, scopeOf(open.at(-1)))
      column += length
    }
  }
  return lines
}

function add(line: Token[], from: number, to: number, scope: string | null): void {
  const last = line.at(-1)
  if (scope === null) return
  if (last?.to === from && last.scope === scope) last.to = to
  else line.push({ from, to, scope })
}

/** `hljs-title function_` is `title function_`; what only switches to another language is nothing. */
function scopeOf(names: string | undefined): string | null {
  if (names === undefined || !names.startsWith('hljs-')) return null
  return names.slice('hljs-'.length)
}
