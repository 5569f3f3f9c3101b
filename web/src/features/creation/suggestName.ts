// A name for a new session, so that nobody has to think of one: short, speakable, not yet taken.

const FIRST = ['amber', 'birch', 'cedar', 'clay', 'dusk', 'ember', 'fern', 'flint', 'frost', 'hazel', 'heath', 'juniper', 'larch', 'linen', 'moss', 'oak', 'pine', 'reed', 'rowan', 'rune', 'sable', 'slate', 'thatch', 'tide', 'willow']
const SECOND = ['anvil', 'arch', 'barrow', 'beam', 'bell', 'brook', 'cairn', 'cove', 'field', 'fjord', 'forge', 'gable', 'glen', 'hall', 'hearth', 'hill', 'kiln', 'lantern', 'loft', 'loom', 'mill', 'oar', 'rafter', 'sail', 'stone']

/** `random` is in [0, 1) and asked as often as needed. */
export function suggestName(taken: readonly string[], random: () => number): string {
  const used = new Set(taken.map((name) => name.toLowerCase()))
  const pick = (words: readonly string[]): string => words[Math.floor(random() * words.length)] ?? 'hearth'
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const name = `${pick(FIRST)}-${pick(SECOND)}`
    if (!used.has(name)) return name
  }
  const base = `${pick(FIRST)}-${pick(SECOND)}`
  let number = 2
  while (used.has(`${base}-${number}`)) number += 1
  return `${base}-${number}`
}
