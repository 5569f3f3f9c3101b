// A line of code with a copy button.
import { Copy } from 'lucide-react'
import { IconButton } from './Button'
import { copyText } from './clipboard'

export function Copyable({ text, label }: { text: string; label: string }) {
  return (
    <div className="flex items-center gap-1 rounded-lg border border-line bg-side py-1 pr-1 pl-3">
      <code className="scroll-quiet min-w-0 flex-1 overflow-x-auto py-1 font-mono text-xs whitespace-nowrap">{text}</code>
      <IconButton label={`Copy ${label}`} onClick={() => void copyText(text, 'Command')}>
        <Copy size={14} />
      </IconButton>
    </div>
  )
}
