// A secret that is shown this one time, with a button to copy it.
import { Copy } from 'lucide-react'
import { Button } from './Button'
import { copyText } from './clipboard'

export function ShownOnce({ secret, what }: { secret: string; what: string }) {
  return (
    <div className="rounded-lg border border-ember/40 bg-ember-wash p-3">
      <code data-secret className="block font-mono text-xs break-all text-text select-all">{secret}</code>
      <div className="mt-2.5 flex items-center justify-between gap-3">
        <span className="text-xs text-soft">It is not shown again.</span>
        <Button size="small" look="primary" onClick={() => void copyText(secret, what)}>
          <Copy size={13} /> Copy
        </Button>
      </div>
    </div>
  )
}
