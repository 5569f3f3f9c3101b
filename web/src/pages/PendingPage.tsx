// Shown while a page and its data are on their way, if that takes longer than a blink.
import { Logo } from '../ui/Logo'

export function PendingPage() {
  return (
    <div role="status" aria-label="Loading" className="grid min-h-64 place-items-center py-24 text-faint">
      <span className="animate-glow">
        <Logo size={36} />
      </span>
    </div>
  )
}
