// A part of a long page: what it is about at the left, what there is to do at the right.
import { useId } from 'react'
import type { ReactNode } from 'react'

interface SectionProps {
  title: string
  lead?: ReactNode
  children: ReactNode
}

export function Section({ title, lead, children }: SectionProps) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="grid grid-cols-1 gap-x-10 gap-y-4 border-t border-line py-7 first:border-t-0 lg:grid-cols-[13rem_minmax(0,1fr)]">
      <div>
        <h2 id={id} className="text-sm font-semibold">
          {title}
        </h2>
        {lead !== undefined && <div className="mt-1 text-xs text-faint text-pretty">{lead}</div>}
      </div>
      <div className="min-w-0">{children}</div>
    </section>
  )
}

/** Rows with lines between them. */
export function Panel({ children }: { children: ReactNode }) {
  return <div className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface shadow-card">{children}</div>
}

export function PageHead({ title, lead, actions }: { title: string; lead?: ReactNode; actions?: ReactNode }) {
  return (
    <header className="mb-5 flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
      <div className="min-w-0">
        <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
        {lead !== undefined && <p className="text-xs text-faint">{lead}</p>}
      </div>
      {actions}
    </header>
  )
}
