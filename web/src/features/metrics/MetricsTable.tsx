// The graphs' figures as a table, for those who do not see them, and for those who want numbers.
import type { Metrics } from '../../api/types'
import { bytes } from '../../ui/time'
import { thinned } from './series'
import { megabytes, percent } from './units'

const ROWS = 24

export function MetricsTable({ points }: { points: readonly Metrics[] }) {
  const rows = thinned(points, ROWS).toReversed()
  const cell = (value: number | null, show: (value: number) => string) => (value === null ? '–' : show(value))
  return (
    <details className="px-4 py-3 text-xs">
      <summary className="w-fit text-faint hover:text-text">As a table</summary>
      <div className="scroll-quiet mt-2 overflow-x-auto">
        <table className="w-full border-collapse text-2xs tabular-nums">
          <thead>
            <tr className="text-left text-faint">
              {['Time', 'Processor', 'Memory', 'Disk', 'Received', 'Sent'].map((name) => (
                <th key={name} scope="col" className="py-1 pr-3 font-normal">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((metrics) => (
              <tr key={metrics.at} className="border-t border-line whitespace-nowrap">
                <th scope="row" className="py-1 pr-3 text-left font-normal">
                  <time dateTime={metrics.at}>{new Date(metrics.at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })}</time>
                </th>
                <td className="pr-3">{cell(metrics.cpuPercent, percent)}</td>
                <td className="pr-3">{cell(metrics.memoryMb, megabytes)}</td>
                <td className="pr-3">{cell(metrics.diskMb, megabytes)}</td>
                <td className="pr-3">{cell(metrics.networkRxBytes, bytes)}</td>
                <td>{cell(metrics.networkTxBytes, bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}
