// The lines of a log, the newest at the bottom, which stays in sight while the log is followed.
import type { LogLevel, LogLine } from '../../api/types'
import { classes } from '../../ui/classes'
import { keyed, useBottom } from './followLog'

const TONES: Record<LogLevel, string> = { debug: 'text-faint', info: 'text-start', warn: 'text-need', error: 'text-err' }

export function LogLines({ lines, follow }: { lines: readonly LogLine[]; follow: 'follow' | 'still' }) {
  const list = useBottom<HTMLOListElement>(lines, follow)
  return (
    <ol ref={list} className="scroll-quiet min-h-0 flex-1 overflow-y-auto px-3 py-2 font-mono text-2xs leading-4.5">
      {keyed(lines).map(({ key, line }) => (
        <li key={key} className="grid grid-cols-[auto_auto_1fr] gap-x-2">
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
