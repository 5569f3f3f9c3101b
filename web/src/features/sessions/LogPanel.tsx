// What happened in a session: written down by the server, printed by its container. Filtered by source and level, searched, followed, downloaded.
import { Download, Pause, Play, ScrollText } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { getText } from '../../api/client'
import { describe } from '../../api/problem'
import type { LogLevel, LogLine, Session } from '../../api/types'
import { Button, IconButton } from '../../ui/Button'
import { Notice } from '../../ui/Notice'
import { saveFile } from '../../ui/saveFile'
import { toast } from '../../ui/toast'
import { LogLines } from './LogLines'
import { useLog } from './useLog'
import { WayOutTable } from './WayOutTable'

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']
const SELECT = 'h-7 min-w-0 rounded-md border border-line-strong bg-surface px-1.5 text-xs coarse:h-10'

interface Source {
  name: string
  title: string
}

const EVERYTHING: Source = { name: '', title: 'Everything' }
const WAY_OUT: Source = { name: 'egress', title: 'Way out' }

function sourcesOf(session: Session): readonly Source[] {
  const boxed = session.runtime === 'docker'
  return [
    EVERYTHING,
    { name: 'session', title: 'Longhouse' },
    { name: 'terminal', title: 'Terminals' },
    ...(session.network === 'allowlist' ? [WAY_OUT] : []),
    boxed ? { name: 'container', title: 'Container' } : { name: 'sessiond', title: 'sessiond' },
  ]
}

export function LogPanel({ session }: { session: Session }) {
  const [source, setSource] = useState(EVERYTHING.name)
  const [level, setLevel] = useState<LogLevel>('info')
  const [text, setText] = useState('')
  const [follow, setFollow] = useState(true)
  const q = useDeferredValue(text.trim())
  const mode = follow ? 'follow' : 'still'
  const { data, error } = useLog(session.id, { level, q, source }, mode)
  const sources = sourcesOf(session)
  const title = sources.find((known) => known.name === source)?.title ?? ''
  const isFiltered = q !== '' || level !== 'info' || source !== EVERYTHING.name
  const clear = () => {
    setSource(EVERYTHING.name)
    setLevel('info')
    setText('')
  }
  return (
    <div className="flex h-full flex-col">
      <div className="flex flex-wrap items-center gap-1.5 border-b border-line p-2.5">
        <input
          type="search"
          aria-label="Search the log"
          placeholder="Search"
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="h-7 min-w-24 flex-[1_0_100%] rounded-md border border-line-strong bg-surface px-2.5 text-xs focus:border-ember focus:outline-none coarse:h-10 coarse:text-[16px]"
        />
        <select aria-label="Source" value={source} onChange={(event) => setSource(event.target.value)} className={`${SELECT} flex-1`}>
          {sources.map((known) => (
            <option key={known.name} value={known.name}>
              {known.title}
            </option>
          ))}
        </select>
        <select
          aria-label="Least level"
          value={level}
          onChange={(event) => setLevel(LEVELS.find((known) => known === event.target.value) ?? 'info')}
          className={`${SELECT} flex-1`}
        >
          {LEVELS.map((known) => (
            <option key={known} value={known}>
              {known === 'error' ? 'error' : `${known} and above`}
            </option>
          ))}
        </select>
        <IconButton label={follow ? 'Pause' : 'Follow'} aria-pressed={!follow} onClick={() => setFollow(!follow)}>
          {follow ? <Pause size={14} /> : <Play size={14} />}
        </IconButton>
        <IconButton label={source === '' ? 'Download the whole log' : `Download: ${title}`} onClick={() => void download(session, source)}>
          <Download size={14} />
        </IconButton>
      </div>
      {error !== null && <p className="p-4 text-xs text-err">{describe(error)}</p>}
      {data !== undefined && data.missing !== null && (
        <p role="status" className="border-b border-line bg-raised px-3 py-1.5 text-2xs text-soft">
          Not all of it can be read: {data.missing}
        </p>
      )}
      {data !== undefined && data.lines.length === 0 && <Empty onClear={isFiltered ? clear : null} />}
      {data !== undefined && data.lines.length > 0 && <Found lines={data.lines} source={source} mode={mode} />}
    </div>
  )
}

function Found({ lines, source, mode }: { lines: readonly LogLine[]; source: string; mode: 'follow' | 'still' }) {
  return source === WAY_OUT.name ? <WayOutTable lines={lines} follow={mode} /> : <LogLines lines={lines} follow={mode} />
}

function Empty({ onClear }: { onClear: (() => void) | null }) {
  return (
    <Notice
      icon={<ScrollText size={30} />}
      title={onClear === null ? 'Nothing yet' : 'No lines match'}
      actions={onClear !== null && <Button onClick={onClear}>Show everything</Button>}
    >
      {onClear === null ? 'What happens in this session appears here.' : 'Search, source or level leave nothing of the log.'}
    </Notice>
  )
}

async function download(session: Session, source: string): Promise<void> {
  try {
    const only = source === '' ? '' : `&source=${encodeURIComponent(source)}`
    const text = await getText(`/api/sessions/${session.id}/logs?format=text&level=debug${only}`)
    const part = source === '' ? '' : `-${source}`
    saveFile(`${session.name.replaceAll(' ', '-')}${part}.log`, 'text/plain', text)
  } catch (error) {
    toast(describe(error), 'error')
  }
}
