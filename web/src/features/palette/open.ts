// Opens the command palette from anywhere, without knowing where it hangs.

const target = new EventTarget()

export function openPalette(): void {
  target.dispatchEvent(new Event('open'))
}

export function onOpenPalette(listener: () => void): () => void {
  target.addEventListener('open', listener)
  return () => target.removeEventListener('open', listener)
}
