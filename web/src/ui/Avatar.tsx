// A person as a round letter.
import { classes } from './classes'

export function Avatar({ name, tone = 'plain', size = 'medium' }: { name: string; tone?: 'plain' | 'ember'; size?: 'small' | 'medium' }) {
  return (
    <span
      aria-hidden="true"
      className={classes(
        'grid shrink-0 place-items-center rounded-full font-semibold uppercase',
        size === 'small' ? 'size-4.5 text-[10px]' : 'size-7 text-xs',
        tone === 'ember' ? 'bg-ember-wash text-ember' : 'bg-active text-soft',
      )}
    >
      {name.slice(0, 1)}
    </span>
  )
}
