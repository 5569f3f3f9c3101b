// The frame of the pages before login: the mark, a heading, a form.
import type { ReactNode } from 'react'
import { Logo } from '../../ui/Logo'

export function EntrancePanel({ title, lead, children }: { title: string; lead: ReactNode; children: ReactNode }) {
  return (
    <main className="relative grid min-h-app place-items-center overflow-hidden px-5 py-10">
      <div
        aria-hidden="true"
        className="pointer-events-none absolute inset-x-0 bottom-0 h-[60vh] bg-[radial-gradient(60%_70%_at_50%_115%,color-mix(in_oklab,var(--c-ember)_22%,transparent),transparent)]"
      />
      <div className="relative w-full max-w-sm">
        <div className="mb-8 flex items-center gap-3">
          <Logo size={34} />
          <span className="text-lg font-semibold tracking-tight">Longhouse</span>
        </div>
        <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
        <p className="mt-1 mb-6 text-sm text-soft text-pretty">{lead}</p>
        {children}
      </div>
    </main>
  )
}
