// Copying with a word of confirmation. Without a secure context the browser refuses; then we say so.
import { toast } from './toast'

export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toast(`${what} copied`)
  } catch {
    toast('The browser did not allow copying. Select the text and copy it by hand.', 'error')
  }
}

/** For copying that happens by itself: a refusal is no news. */
export function copyQuietly(text: string): void {
  navigator.clipboard.writeText(text).catch(() => undefined)
}
