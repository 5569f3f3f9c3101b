// From what the server says a session used to what a graph draws: pure, the present moment is handed in.
import type { Metrics } from '../../api/types'

export type MetricsRange = '1h' | '6h' | '24h'

/** The milliseconds that a range shows. */
export const SPANS: Record<MetricsRange, number> = { '1h': 3_600_000, '6h': 6 * 3_600_000, '24h': 24 * 3_600_000 }

/** The least that is shown, so that a young session's figures do not shake. */
const LEAST_SPAN = 300_000

/** Where the picture begins: with the range, or with what is known of it, where that is less. */
export function beginOf(points: readonly Metrics[], range: MetricsRange, to: number): number {
  const first = points.find((point) => Date.parse(point.at) >= to - SPANS[range])
  return first === undefined ? to - SPANS[range] : Math.min(Date.parse(first.at), to - LEAST_SPAN)
}

/** A value at a moment, in milliseconds since 1970. */
export interface Point {
  at: number
  value: number
}

/** Lines without holes; between two of them nothing is known. */
export type Line = readonly Point[]

export interface Series {
  name: string
  lines: readonly Line[]
}

/** The past with what was heard live since: live points are newer, and take over where they begin. */
export function joined(past: readonly Metrics[], live: readonly Metrics[]): Metrics[] {
  const first = live[0]
  const before = first === undefined ? past : past.filter((point) => Date.parse(point.at) < Date.parse(first.at))
  return [...before, ...live]
}

/** The known values as lines. Where two are further apart than two steps and a half, or one is not known, a line ends. */
export function linesOf(metrics: readonly Metrics[], of: (metrics: Metrics) => number | null, stepMs: number): Line[] {
  const lines: Point[][] = []
  let last: Point | null = null
  for (const one of metrics) {
    const value = of(one)
    if (value === null) {
      last = null
      continue
    }
    const point: Point = { at: Date.parse(one.at), value }
    const open = lines.at(-1)
    if (open === undefined || last === null || point.at - last.at > 2.5 * stepMs) lines.push([point])
    else open.push(point)
    last = point
  }
  return lines
}

/** A counter as what it grew by in a second; nothing where it began anew, or for the first of a line. */
export function ratesOf(metrics: readonly Metrics[], of: (metrics: Metrics) => number | null, stepMs: number): Line[] {
  return linesOf(metrics, of, stepMs)
    .map((line) =>
      line.flatMap((point, index) => {
        const before = line[index - 1]
        const passed = before === undefined ? 0 : point.at - before.at
        return before === undefined || passed <= 0 || point.value < before.value
          ? []
          : [{ at: point.at, value: ((point.value - before.value) * 1000) / passed }]
      }),
    )
    .filter((line) => line.length > 0)
}

/** The least round number that nothing exceeds: what a graph's top stands for. */
export function roundTop(value: number): number {
  if (!(value > 0)) return 1
  const unit = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 5].find((step) => step * unit >= value) ?? 10) * unit
}

export interface Frame {
  from: number
  to: number
  top: number
  width: number
  height: number
}

/** A line as the path of an SVG. A single point becomes a short dash, so that it can be seen. */
export function pathOf(line: Line, frame: Frame): string {
  const x = (at: number) => round(((at - frame.from) / (frame.to - frame.from)) * frame.width)
  const y = (value: number) => round(frame.height - (Math.min(value, frame.top) / frame.top) * frame.height)
  const [first] = line
  if (first === undefined) return ''
  const points = line.map((point) => `${x(point.at)} ${y(point.value)}`)
  return `M${points.join('L')}${line.length === 1 ? 'h1.5' : ''}`
}

/** The area below a line. */
export function areaOf(line: Line, frame: Frame): string {
  const [first, last] = [line[0], line.at(-1)]
  if (first === undefined || last === undefined || line.length === 1) return ''
  const x = (at: number) => round(((at - frame.from) / (frame.to - frame.from)) * frame.width)
  return `${pathOf(line, frame)}L${x(last.at)} ${frame.height}L${x(first.at)} ${frame.height}Z`
}

/** The newest, the highest and the mean value of a series; `null` where it has none. */
export function summaryOf(lines: readonly Line[]): { last: number; highest: number; mean: number } | null {
  const values = lines.flat().map((point) => point.value)
  const last = values.at(-1)
  if (last === undefined) return null
  return { last, highest: Math.max(...values), mean: values.reduce((sum, value) => sum + value, 0) / values.length }
}

/** At most so many of them, evenly, the newest among them. */
export function thinned<T>(all: readonly T[], most: number): T[] {
  const step = Math.ceil(all.length / most)
  return step <= 1 ? [...all] : all.filter((_, index) => (all.length - 1 - index) % step === 0)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
