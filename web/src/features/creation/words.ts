// Text fields that hold several things: flags as on a command line, labels with commas between.

/** Splits as a shell would, with quotation marks and backslashes but nothing else; `null` when a mark is left open. */
export function splitFlags(text: string): string[] | null {
  const words: string[] = []
  let word: string | null = null
  let quote: string | null = null
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index)
    if (quote !== null && character === quote) quote = null
    else if (quote === "'") word = (word ?? '') + character
    else if (character === '\\' && index + 1 < text.length) {
      index += 1
      word = (word ?? '') + text.charAt(index)
    } else if (quote === null && (character === '"' || character === "'")) {
      quote = character
      word ??= ''
    } else if (quote === null && /\s/.test(character)) {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + character
  }
  if (quote !== null) return null
  return word === null ? words : [...words, word]
}

export function readLabels(text: string): Record<string, string> | null {
  const labels: Record<string, string> = {}
  for (const part of text.split(',').map((item) => item.trim())) {
    if (part === '') continue
    const [name = '', ...value] = part.split('=')
    if (!/^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(name.trim())) return null
    labels[name.trim()] = value.join('=').trim()
  }
  return labels
}
