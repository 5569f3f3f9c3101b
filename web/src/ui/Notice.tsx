// What a page shows instead of its content: nothing there yet, or something went wrong.
import type { ReactNode } from 'react'
import { classes } from './classes'

interface NoticeProps {
  icon?: ReactNode
  title: string
  children?: ReactNode
  actions?: ReactNode
  /** What it stands in for: a part of a page, or all of it. */
  room?: 'part' | 'page'
}

export function Notice({ icon, title, children, actions, room = 'part' }: NoticeProps) {
  return (
    <div className={classes('mx-auto flex max-w-md flex-col items-center px-6 py-16 text-center', room === 'page' && 'min-h-[80dvh] justify-center')}>
      {icon !== undefined && <div className="mb-4 text-faint">{icon}</div>}
      <h2 className="text-lg font-semibold tracking-tight text-balance">{title}</h2>
      <div className="mt-1.5 text-sm text-soft text-pretty">{children}</div>
      {actions !== undefined && <div className="mt-5 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  )
}
