// What a closed session's programs reached, or did not, as a table.
import type { LogLine } from '../../api/types'
import { classes } from '../../ui/classes'
import { keyed, useBottom } from './followLog'
import { passage } from './wayOut'
import type { Passage } from './wayOut'

const TONES: Record<Passage['came'], string> = { allowed: 'text-run', refused: 'text-err', ended: 'text-faint' }

export function WayOutTable({ lines, follow }: { lines: readonly LogLine[]; follow: 'follow' | 'still' }) {
  const box = useBottom<HTMLDivElement>(lines, follow)
  return (
    <div ref={box} className="scroll-quiet min-h-0 flex-1 overflow-auto">
      <table className="w-full text-left text-2xs leading-4.5">
        <thead className="sticky top-0 bg-surface text-faint">
          <tr>
            <th className="px-3 py-1.5 font-medium">Time</th>
            <th className="py-1.5 pr-2 font-medium">Host and port</th>
            <th className="py-1.5 pr-2 font-medium">Came to</th>
            <th className="py-1.5 pr-3 font-medium">Address, bytes or reason</th>
          </tr>
        </thead>
        <tbody className="font-mono">
          {keyed(lines).map(({ key, line }) => (
            <Row key={key} line={line} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({ line }: { line: LogLine }) {
  const row = passage(line)
  return (
    <tr className="border-t border-line align-top">
      <td className="px-3 py-1 text-faint tabular-nums">
        <time dateTime={line.at} title={line.at}>
          {new Date(line.at).toLocaleTimeString(undefined, { hour12: false })}
        </time>
      </td>
      {row === null ? (
        <td colSpan={3} className="py-1 pr-3 break-words text-err">
          {line.message}
        </td>
      ) : (
        <>
          <td className="py-1 pr-2 break-all">{row.destination}</td>
          <td className={classes('py-1 pr-2', TONES[row.came])}>{row.came}</td>
          <td className="py-1 pr-3 break-words text-soft">{row.detail}</td>
        </>
      )}
    </tr>
  )
}
