// Copying from and pasting into a terminal, with a word where the browser refuses.
import { copyText } from '../../ui/clipboard'
import { toast } from '../../ui/toast'
import type { TerminalController } from './controller'

export function copySelection(controller: TerminalController | null): void {
  const text = controller?.selection() ?? ''
  if (text === '') toast('Nothing is selected.')
  else void copyText(text, 'Selection')
}

export async function pasteInto(controller: TerminalController | null): Promise<void> {
  try {
    controller?.paste(await navigator.clipboard.readText())
  } catch {
    toast('The browser did not allow reading the clipboard. Paste with the browser’s own shortcut.', 'error')
  }
}
