// Opens the command palette and the help from anywhere, without knowing where they hang.

const target = new EventTarget()

export function openPalette(): void {
  target.dispatchEvent(new Event('palette'))
}

export function openHelp(): void {
  target.dispatchEvent(new Event('help'))
}

export function onOpen(what: 'palette' | 'help', listener: () => void): () => void {
  target.addEventListener(what, listener)
  return () => target.removeEventListener(what, listener)
}
