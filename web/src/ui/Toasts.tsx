// Shows the notes of `toast.ts`.
import { CircleAlert, X } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { classes } from './classes'
import { currentToasts, dismissToast, onToasts } from './toast'

export function Toasts() {
  const toasts = useSyncExternalStore(onToasts, currentToasts)
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed right-4 bottom-4 left-4 z-[60] flex flex-col items-end gap-2 pb-[env(safe-area-inset-bottom)]"
    >
      {toasts.map((item) => (
        <div
          key={item.id}
          className={classes(
            'pointer-events-auto flex max-w-sm items-start gap-2.5 rounded-lg border bg-raised py-2.5 pr-2 pl-3.5 text-sm shadow-pop motion-safe:animate-rise',
            item.tone === 'error' ? 'border-err/40' : 'border-line-strong',
          )}
        >
          {item.tone === 'error' && <CircleAlert size={16} className="mt-0.5 shrink-0 text-err" />}
          <span className="min-w-0 break-words">{item.text}</span>
          {item.action !== null && (
            <button
              type="button"
              className="shrink-0 rounded px-1 font-medium text-ember hover:underline coarse:min-h-9"
              onClick={() => {
                item.action?.run()
                dismissToast(item.id)
              }}
            >
              {item.action.label}
            </button>
          )}
          <button type="button" aria-label="Dismiss" className="rounded p-0.5 text-faint hover:text-text" onClick={() => dismissToast(item.id)}>
            <X size={14} />
          </button>
        </div>
      ))}
    </div>
  )
}
