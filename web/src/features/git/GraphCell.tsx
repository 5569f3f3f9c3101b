// A commit's part of the graph: a knot, and the lines through its row.
import type { GraphRow } from './graph'

/** How far lanes stand from each other, and how many there is room for, in pixels. */
const LANE_PX = 12
const MOST_LANES = 8
/** A row's height in the drawing's own measure; it is stretched to that of the row. */
const HIGH = 48

const COLORS = ['var(--c-ember)', 'var(--c-start)', 'var(--c-run)', 'var(--c-wait)', 'var(--c-need)', 'var(--c-err)']

export function GraphCell({ row, lanes, isMerge }: { row: GraphRow; lanes: number; isMerge: boolean }) {
  const width = Math.min(lanes, MOST_LANES) * LANE_PX + 4
  const x = (lane: number): number => Math.min(lane, MOST_LANES - 1) * LANE_PX + LANE_PX / 2 + 2
  const own = x(row.lane)
  const middle = HIGH / 2
  const curve = (from: number, top: number, to: number, bottom: number): string => {
    const half = (top + bottom) / 2
    return from === to ? `M${from} ${top}V${bottom}` : `M${from} ${top}C${from} ${half} ${to} ${half} ${to} ${bottom}`
  }
  return (
    <span aria-hidden="true" className="relative shrink-0" style={{ width }}>
      <svg viewBox={`0 0 ${width} ${HIGH}`} preserveAspectRatio="none" className="absolute inset-0 h-full w-full" fill="none" strokeWidth={1.75}>
        {row.through.map((lane) => (
          <path key={`t${lane}`} d={curve(x(lane), 0, x(lane), HIGH)} stroke={colorOf(lane)} vectorEffect="non-scaling-stroke" />
        ))}
        {row.into.map((lane) => (
          <path key={`i${lane}`} d={curve(x(lane), 0, own, middle)} stroke={colorOf(lane)} vectorEffect="non-scaling-stroke" />
        ))}
        {row.outOf.map((lane) => (
          <path key={`o${lane}`} d={curve(own, middle, x(lane), HIGH)} stroke={colorOf(lane)} vectorEffect="non-scaling-stroke" />
        ))}
      </svg>
      <span
        className="absolute top-1/2 size-2.5 -translate-x-1/2 -translate-y-1/2 rounded-full border-2"
        style={{ left: own, borderColor: colorOf(row.lane), background: isMerge ? 'var(--c-bg)' : colorOf(row.lane) }}
      />
    </span>
  )
}

function colorOf(lane: number): string {
  return COLORS[lane % COLORS.length] ?? 'var(--c-ember)'
}
