// What a session uses: the present in figures, the past in graphs, and both once more as a table.
import { Activity } from 'lucide-react'
import { useState } from 'react'
import { describe } from '../../api/problem'
import type { Metrics, Session } from '../../api/types'
import { Notice } from '../../ui/Notice'
import { Segments } from '../../ui/Segments'
import { bytes } from '../../ui/time'
import { useNow } from '../../ui/useNow'
import { Graph } from './Graph'
import { MetricsTable } from './MetricsTable'
import { beginOf, linesOf, ratesOf } from './series'
import type { MetricsRange } from './series'
import { megabytes, percent, rate } from './units'
import { useMetrics } from './useMetrics'

const RANGES: readonly { value: MetricsRange; label: string }[] = [
  { value: '1h', label: '1 hour' },
  { value: '6h', label: '6 hours' },
  { value: '24h', label: '24 hours' },
]

export function MetricsPanel({ session }: { session: Session }) {
  const [range, setRange] = useState<MetricsRange>('1h')
  const { points, current, trouble, stepMs, error, isPending } = useMetrics(session.id, range)
  const now = useNow()
  // A moment that was heard after the clock's last step is not to fall out of the picture.
  const to = Math.max(now, ...points.slice(-1).map((point) => Date.parse(point.at)))
  const from = beginOf(points, range, to)
  const shown = points.filter((point) => Date.parse(point.at) >= from)
  return (
    <div>
      <div className="flex flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-2.5">
        <Segments label="How far back" value={range} onChange={setRange} choices={RANGES} />
        <AgentWord current={current} />
      </div>
      {error !== null && <p className="p-4 text-xs text-err">{describe(error)}</p>}
      {trouble !== null && session.status === 'running' && (
        <p role="status" className="border-b border-line bg-need-wash px-4 py-2 text-xs text-need">
          No figures at the moment: {trouble}
        </p>
      )}
      {shown.length === 0 && !isPending && error === null ? (
        <Notice icon={<Activity size={22} />} title="Nothing measured yet">
          {session.status === 'running' ? 'The first figures come in a moment.' : 'While a session runs, what it uses is kept for a day.'}
        </Notice>
      ) : (
        <>
          <Graphs points={shown} current={current} stepMs={stepMs} from={from} to={to} />
          <MetricsTable points={shown} />
        </>
      )}
    </div>
  )
}

function AgentWord({ current }: { current: Metrics | null }) {
  if (current?.agentActive == null) return null
  return <span className={current.agentActive ? 'text-xs text-ember' : 'text-xs text-faint'}>{current.agentActive ? 'Agent at work' : 'Agent quiet'}</span>
}

interface GraphsProps {
  points: readonly Metrics[]
  current: Metrics | null
  stepMs: number
  from: number
  to: number
}

function Graphs({ points, current, stepMs, from, to }: GraphsProps) {
  const frame = { from, to }
  const cpu = linesOf(points, (metrics) => metrics.cpuPercent, stepMs)
  const memory = linesOf(points, (metrics) => metrics.memoryMb, stepMs)
  const disk = linesOf(points, (metrics) => metrics.diskMb, stepMs)
  const received = ratesOf(points, (metrics) => metrics.networkRxBytes, stepMs)
  const sent = ratesOf(points, (metrics) => metrics.networkTxBytes, stepMs)
  const limit = points.findLast((metrics) => metrics.memoryLimitMb !== null)?.memoryLimitMb ?? undefined
  const inUse = current?.memoryPercent == null ? '' : ` (${percent(current.memoryPercent)})`
  return (
    <>
      <Graph {...frame} title="Processor" now={known(current?.cpuPercent, percent)} series={[{ name: 'Processor', lines: cpu }]} show={percent} />
      <Graph
        {...frame}
        title="Memory"
        now={known(current?.memoryMb, (value) => `${megabytes(value)}${inUse}`)}
        series={[{ name: 'Memory', lines: memory }]}
        show={megabytes}
        limit={limit}
      />
      <Graph {...frame} title="Disk" now={known(current?.diskMb, megabytes)} series={[{ name: 'Disk', lines: disk }]} show={megabytes} />
      {received.length + sent.length > 0 && (
        <Graph
          {...frame}
          title="Network"
          now={current?.networkRxBytes == null ? '' : `${bytes(current.networkRxBytes)} in, ${bytes(current.networkTxBytes ?? 0)} out`}
          series={[
            { name: 'Received', lines: received },
            { name: 'Sent', lines: sent },
          ]}
          show={rate}
        />
      )}
    </>
  )
}

function known(value: number | null | undefined, show: (value: number) => string): string {
  return value == null ? '' : show(value)
}
