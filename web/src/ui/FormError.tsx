// Why a form was refused, above its buttons.
import type { ReactNode } from 'react'

export function FormError({ children }: { children: ReactNode }) {
  return (
    <div role="alert" className="rounded-lg bg-err-wash px-3 py-2 text-sm text-err">
      {children}
    </div>
  )
}
