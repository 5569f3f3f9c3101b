// A word on a small ground: a role, a state.
import type { ReactNode } from 'react'
import { classes } from './classes'

export type BadgeTone = 'plain' | 'ember' | 'run' | 'need' | 'err'

const TONES: Record<BadgeTone, string> = {
  plain: 'bg-hover text-soft',
  ember: 'bg-ember-wash text-ember',
  run: 'bg-hover text-run',
  need: 'bg-need-wash text-need',
  err: 'bg-err-wash text-err',
}

export function Badge({ tone = 'plain', title, children }: { tone?: BadgeTone; title?: string; children: ReactNode }) {
  return (
    <span title={title} className={classes('inline-flex shrink-0 items-center gap-1 rounded-full px-2 py-px text-2xs font-medium whitespace-nowrap', TONES[tone])}>
      {children}
    </span>
  )
}
