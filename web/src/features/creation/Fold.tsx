// A part of the form that is folded away: its name, what is chosen in it, and the fields once it is opened.
import { ChevronRight } from 'lucide-react'
import { useId, useState } from 'react'
import type { ReactNode } from 'react'
import { classes } from '../../ui/classes'

interface FoldProps {
  title: string
  /** What is chosen, in a few words. */
  summary: string
  /** Whether something in it needs another look: it opens by itself then. */
  wrong: boolean
  children: ReactNode
}

export function Fold({ title, summary, wrong, children }: FoldProps) {
  const id = useId()
  const [open, setOpen] = useState(false)
  const [knownWrong, setKnownWrong] = useState(false)
  if (wrong !== knownWrong) {
    setKnownWrong(wrong)
    if (wrong) setOpen(true)
  }
  return (
    <section>
      <h2>
        <button
          type="button"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen(!open)}
          className="flex min-h-11 w-full items-center gap-3 px-4 py-2.5 text-left text-sm hover:bg-hover focus-visible:-outline-offset-2"
        >
          <span className="w-28 shrink-0 font-medium">{title}</span>
          <span className={classes('min-w-0 flex-1 truncate', wrong ? 'text-err' : 'text-soft')}>{wrong ? 'Needs another look' : summary}</span>
          <ChevronRight size={15} aria-hidden="true" className={classes('shrink-0 text-faint transition-transform', open && 'rotate-90')} />
        </button>
      </h2>
      <div id={id} hidden={!open} className="space-y-5 px-4 pt-1 pb-5">
        {children}
      </div>
    </section>
  )
}
