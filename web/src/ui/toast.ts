// Short notes that appear, say what happened, and leave. The list lives outside React so that any code can speak.

export interface Toast {
  id: number
  tone: 'plain' | 'error'
  text: string
  /** What can be done about it while it stands there. */
  action: ToastAction | null
}

export interface ToastAction {
  label: string
  run: () => void
}

/** A note stays this long, in milliseconds; an error twice as long; one that offers something long enough to be reached. */
const STAY_MS = 4500
const OFFER_STAYS_MS = 20_000
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

export function toast(text: string, tone: Toast['tone'] = 'plain', action: ToastAction | null = null): void {
  const id = nextId
  nextId += 1
  const others = toasts.filter((item) => item.text !== text)
  publish([...others, { id, tone, text, action }].slice(-MOST_TOASTS))
  setTimeout(() => dismissToast(id), action !== null ? OFFER_STAYS_MS : tone === 'error' ? STAY_MS * 2 : STAY_MS)
}

export function dismissToast(id: number): void {
  publish(toasts.filter((item) => item.id !== id))
}

function publish(next: readonly Toast[]): void {
  toasts = next
  for (const listener of listeners) listener()
}
