// Names and values in two columns.
import type { ReactNode } from 'react'

export function FactSection({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="border-b border-line px-4 py-4 last:border-0">
      <h2 className="mb-2.5 text-xs font-semibold">{title}</h2>
      {children}
    </section>
  )
}

export function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-[6rem_minmax(0,1fr)] gap-x-3 gap-y-1.5 text-xs">{children}</dl>
}

export function Fact({ name, children, mono = 'no' }: { name: string; children: ReactNode; mono?: 'yes' | 'no' }) {
  return (
    <>
      <dt className="text-faint">{name}</dt>
      <dd className={mono === 'yes' ? 'font-mono text-2xs leading-4.5 break-all' : 'break-words'}>{children}</dd>
    </>
  )
}
