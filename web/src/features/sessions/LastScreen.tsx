// What a terminal showed last, of a session that is at rest: a finished run stays readable.
import { useQuery } from '@tanstack/react-query'
import { History } from 'lucide-react'
import { useState } from 'react'
import { lastScreenQuery } from '../../api/queries'
import type { Session } from '../../api/types'
import { classes } from '../../ui/classes'
import { useReplayWay } from '../recording/useReplayWay'

export function LastScreen({ session }: { session: Session }) {
  const [chosen, choose] = useState('agent')
  const terminal = session.terminals.find((item) => item.name === chosen) ?? session.terminals[0]
  const name = terminal?.name ?? 'agent'
  const { data } = useQuery(lastScreenQuery(session.id, name, session.updatedAt))
  const replay = useReplayWay(session.id, name)
  if (data === undefined || data === null || terminal === undefined) return null
  return (
    <section aria-label="Last screen" className="mx-auto mt-2 mb-8 w-full max-w-4xl px-6">
      <div className="flex items-baseline gap-3 text-xs text-faint">
        <span>Last screen</span>
        {session.terminals.map((item) => (
          <button
            key={item.name}
            type="button"
            aria-pressed={item.name === name}
            onClick={() => choose(item.name)}
            className={classes('rounded px-1.5 py-0.5', item.name === name ? 'bg-active text-text' : 'hover:text-text')}
          >
            {item.title}
          </button>
        ))}
        {replay !== null && (
          <button type="button" onClick={replay} className="ml-auto inline-flex items-center gap-1.5 rounded px-1.5 py-0.5 hover:text-text">
            <History size={12} /> Replay
          </button>
        )}
      </div>
      <pre className="scroll-quiet mt-2 max-h-[50vh] overflow-auto rounded-xl border border-line bg-surface p-4 font-mono text-xs leading-relaxed">
        {data.trim() === '' ? 'It showed nothing.' : data.trimEnd()}
      </pre>
    </section>
  )
}
