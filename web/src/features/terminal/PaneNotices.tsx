// What a terminal asks or tells its person: the program ended, it wants the clipboard, a paste would run line by line.
import { RotateCcw } from 'lucide-react'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import type { TerminalController } from './controller'

export function Ended({ code, canDrive, onRestart }: { code: number | null; canDrive: boolean; onRestart: () => void }) {
  return (
    <div className="absolute inset-x-0 bottom-0 z-10 flex flex-wrap items-center justify-between gap-3 border-t border-line bg-raised px-4 py-2.5 text-sm text-text">
      <span>
        {code === 0 ? 'The program has ended.' : code === null ? 'The program was ended.' : `The program ended with code ${code}.`}
      </span>
      {canDrive && (
        <Button size="small" onClick={onRestart}>
          <RotateCcw size={13} /> Restart
        </Button>
      )}
    </div>
  )
}

export function CopyRequest({ controller }: { controller: TerminalController }) {
  return (
    <div role="alertdialog" aria-label="Clipboard" className="absolute inset-x-3 bottom-3 z-20 flex flex-wrap items-center justify-between gap-3 rounded-lg border border-line-strong bg-raised px-4 py-2.5 text-sm text-text shadow-pop">
      <span>The program wants to put text on your clipboard.</span>
      <span className="flex gap-2">
        <Button size="small" look="quiet" onClick={() => controller.answerCopy('deny')}>
          Deny
        </Button>
        <Button size="small" look="primary" onClick={() => controller.answerCopy('allow')}>
          Allow in this terminal
        </Button>
      </span>
    </div>
  )
}

export function PasteQuestion({ text, controller }: { text: string; controller: TerminalController }) {
  const lines = text.trimEnd().split(/\r\n|\r|\n/).length
  return (
    <Dialog
      title={`Paste ${lines} lines?`}
      description="The program takes each line break as Enter, so every line runs at once."
      onClose={() => controller.answerPaste('cancel')}
      width="wide"
    >
      <pre className="scroll-quiet mt-4 max-h-60 overflow-auto rounded-lg border border-line bg-side p-3 font-mono text-xs">{text}</pre>
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={() => controller.answerPaste('cancel')}>Cancel</Button>
        <Button look="primary" autoFocus onClick={() => controller.answerPaste('paste')}>
          Paste
        </Button>
      </div>
    </Dialog>
  )
}
