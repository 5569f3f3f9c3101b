// The keys that the page and its terminals know.
import { Fragment, useEffect, useState } from 'react'
import { Dialog } from '../../ui/Dialog'
import { Kbd } from '../../ui/Kbd'
import { onOpen } from './open'

const GROUPS: readonly { title: string; keys: readonly [string, string][] }[] = [
  {
    title: 'Anywhere',
    keys: [
      ['Ctrl K', 'Go to a session, or do something'],
      ['C', 'New session'],
      ['G D', 'All sessions'],
      ['G P', 'Profile'],
      ['G A', 'Administration'],
      ['/', 'Search the sessions'],
      ['?', 'This help'],
    ],
  },
  {
    title: 'Among changes',
    keys: [
      ['J', 'The next file or commit'],
      ['K', 'The one before'],
      ['N', 'The next change'],
      ['P', 'The change before'],
      ['↵', 'Unfold, or fold'],
      ['Ctrl ↵', 'Commit, from the message'],
    ],
  },
  {
    title: 'In a replay',
    keys: [
      ['Space', 'Play, or pause'],
      ['←  →', 'Five seconds back, or on'],
      ['Home  End', 'To the beginning, to the end'],
      ['[  ]', 'To the mark before, to the next'],
      ['<  >', 'Slower, faster'],
      ['S', 'Shorten pauses, or not'],
      ['F', 'Full screen'],
    ],
  },
  {
    title: 'In a terminal',
    keys: [
      ['Ctrl ⇧ L', 'Leave the terminal, on to its buttons'],
      ['Ctrl ⇧ C', 'Copy'],
      ['Ctrl ⇧ V', 'Paste'],
      ['Ctrl ⇧ F', 'Find'],
      ['Ctrl ⇧ K', 'Command palette'],
      ['Ctrl ⇧ ↵', 'Full screen'],
      ['Ctrl +  Ctrl −  Ctrl 0', 'Size of the letters'],
    ],
  },
]

export function Help() {
  const [open, setOpen] = useState(false)
  useEffect(() => onOpen('help', () => setOpen(true)), [])
  if (!open) return null
  return (
    <Dialog title="Keyboard shortcuts" description="Every other key in a terminal is the program’s." onClose={() => setOpen(false)}>
      {GROUPS.map((group) => (
        <section key={group.title} className="mt-5">
          <h3 className="mb-2 text-xs font-medium text-faint">{group.title}</h3>
          <dl className="space-y-1.5 text-sm">
            {group.keys.map(([keys, words]) => (
              <div key={keys} className="flex items-center justify-between gap-4">
                <dt className="text-soft">{words}</dt>
                <dd className="flex shrink-0 gap-1">
                  {keys.split(' ').map((key, index) => (
                    // The same key may stand there twice.
                    // oxlint-disable-next-line react/no-array-index-key
                    <Fragment key={index}>{key === '' ? <span className="w-1.5" /> : <Kbd>{key}</Kbd>}</Fragment>
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  )
}
