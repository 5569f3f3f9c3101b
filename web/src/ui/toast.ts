// Short notes that appear, say what happened, and leave. The list lives outside React so that any code can speak.

export interface Toast {
  id: number
  tone: 'plain' | 'error'
  text: string
}

/** A note stays this long, in milliseconds; an error twice as long. */
const STAY_MS = 4500
const MOST_TOASTS = 4

let toasts: readonly Toast[] = []
let nextId = 1
const listeners = new Set<() => void>()

export function currentToasts(): readonly Toast[] {
  return toasts
}

export function onToasts(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function toast(text: string, tone: Toast['tone'] = 'plain'): void {
  const id = nextId
  nextId += 1
  const others = toasts.filter((item) => item.text !== text)
  publish([...others, { id, tone, text }].slice(-MOST_TOASTS))
  setTimeout(() => dismissToast(id), tone === 'error' ? STAY_MS * 2 : STAY_MS)
}

export function dismissToast(id: number): void {
  publish(toasts.filter((item) => item.id !== id))
}

function publish(next: readonly Toast[]): void {
  toasts = next
  for (const listener of listeners) listener()
}
