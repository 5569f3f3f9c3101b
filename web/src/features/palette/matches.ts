// Whether a few letters mean an entry: every word must occur, or its letters in order.

export function matches(text: string, typed: string): boolean {
  const haystack = text.toLowerCase()
  return typed
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every((word) => haystack.includes(word) || inOrder(haystack, word))
}

function inOrder(haystack: string, word: string): boolean {
  let from = 0
  for (const letter of word) {
    const at = haystack.indexOf(letter, from)
    if (at < 0) return false
    from = at + 1
  }
  return true
}
