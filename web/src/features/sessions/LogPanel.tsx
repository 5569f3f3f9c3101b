// What Longhouse did with a session: filtered by level, searched, followed, downloaded.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useDeferredValue, useEffect, useRef, useState } from 'react'
import { getText } from '../../api/client'
import { describe } from '../../api/problem'
import { logsQuery } from '../../api/queries'
import type { LogLevel, LogLine, Session } from '../../api/types'
import { IconButton } from '../../ui/Button'
import { classes } from '../../ui/classes'
import { saveFile } from '../../ui/saveFile'
import { toast } from '../../ui/toast'

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']
const TONES: Record<LogLevel, string> = { debug: 'text-faint', info: 'text-start', warn: 'text-need', error: 'text-err' }

export function LogPanel({ session }: { session: Session }) {
  const [level, setLevel] = useState<LogLevel>('info')
  const [text, setText] = useState('')
  const [follow, setFollow] = useState(true)
  const q = useDeferredValue(text.trim())
  const { data, error } = useQuery({ ...logsQuery(session.id, { level, q }, follow ? 'follow' : 'still'), placeholderData: keepPreviousData })
  const lines = data ?? []
  return (
    <div className="flex h-full flex-col">
      <div className="flex flex-wrap items-center gap-1.5 border-b border-line p-2.5">
        <input
          type="search"
          aria-label="Search the log"
          placeholder="Search"
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="h-7 min-w-24 flex-1 rounded-md border border-line-strong bg-surface px-2.5 text-xs focus:border-ember focus:outline-none coarse:h-10 coarse:text-[16px]"
        />
        <select
          aria-label="Least level"
          value={level}
          onChange={(event) => setLevel(LEVELS.find((known) => known === event.target.value) ?? 'info')}
          className="h-7 rounded-md border border-line-strong bg-surface px-1.5 text-xs coarse:h-10"
        >
          {LEVELS.map((known) => (
            <option key={known} value={known}>
              {known === 'error' ? 'error' : `${known} and above`}
            </option>
          ))}
        </select>
        <label className="flex items-center gap-1.5 px-1 text-xs text-soft">
          <input type="checkbox" className="accent-ember" checked={follow} onChange={(event) => setFollow(event.target.checked)} />
          Follow
        </label>
        <IconButton label="Download the whole log" onClick={() => void download(session)}>
          <Download size={14} />
        </IconButton>
      </div>
      {error !== null && <p className="p-4 text-xs text-err">{describe(error)}</p>}
      {data !== undefined && lines.length === 0 && <p className="p-4 text-xs text-faint">No lines{q === '' ? '' : ' match'}.</p>}
      <Lines lines={lines} follow={follow ? 'follow' : 'still'} />
    </div>
  )
}

function Lines({ lines, follow }: { lines: readonly LogLine[]; follow: 'follow' | 'still' }) {
  const list = useRef<HTMLOListElement>(null)
  const last = lines.at(-1)?.seq
  useEffect(() => {
    if (follow === 'follow' && last !== undefined && list.current !== null) list.current.scrollTop = list.current.scrollHeight
  }, [last, follow])
  return (
    <ol ref={list} className="scroll-quiet min-h-0 flex-1 overflow-y-auto px-3 py-2 font-mono text-2xs leading-4.5">
      {lines.map((line) => (
        <li key={line.seq} className="grid grid-cols-[auto_auto_1fr] gap-x-2">
          <time dateTime={line.at} title={line.at} className="text-faint tabular-nums">
            {new Date(line.at).toLocaleTimeString(undefined, { hour12: false })}
          </time>
          <span className={classes('w-9', TONES[line.level])}>{line.level}</span>
          <span className="min-w-0 break-words">
            <span className="text-faint">{line.source}</span> {line.message}
          </span>
        </li>
      ))}
    </ol>
  )
}

async function download(session: Session): Promise<void> {
  try {
    const text = await getText(`/api/sessions/${session.id}/logs?format=text&level=debug`)
    saveFile(`${session.name.replaceAll(' ', '-')}.log`, 'text/plain', text)
  } catch (error) {
    toast(describe(error), 'error')
  }
}
