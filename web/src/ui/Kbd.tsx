// A key on the keyboard.
import type { ReactNode } from 'react'

export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="inline-grid h-4.5 min-w-4.5 place-items-center rounded border border-line-strong bg-side px-1 font-sans text-2xs text-faint">
      {children}
    </kbd>
  )
}
