// Tells the server about errors in the page, as well as it can: a report that fails is dropped.
import { client } from '../../api/client'
import { ApiError } from '../../api/problem'

/** A page that fails in a loop must not flood the server. */
const MOST_REPORTS = 5
const LONGEST_TEXT = 4000

let reports = 0
const seen = new WeakSet<object>()

export function reportError(error: unknown): void {
  // The server knows its own refusals already.
  if (error instanceof ApiError || reports >= MOST_REPORTS) return
  if (typeof error === 'object' && error !== null) {
    if (seen.has(error)) return
    seen.add(error)
  }
  reports += 1
  const message = error instanceof Error ? error.message : String(error)
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const body = { message: message.slice(0, LONGEST_TEXT), stack: stack.slice(0, LONGEST_TEXT), url: location.pathname }
  client.POST('/api/client-errors', { body }).catch(() => undefined)
}

export function reportUncaught(): void {
  window.addEventListener('error', (event) => reportError(event.error ?? event.message))
  window.addEventListener('unhandledrejection', (event) => reportError(event.reason))
}
