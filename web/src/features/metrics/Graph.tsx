// One quantity over time, drawn calmly: a line or two, a soft area, perhaps a limit. Its caption says in words what it shows.
import { useId } from 'react'
import { classes } from '../../ui/classes'
import { areaOf, pathOf, roundTop, summaryOf } from './series'
import type { Series } from './series'

const WIDTH = 320
const HEIGHT = 56

/** Of the first and the second series. The ember is kept for what works. */
const STROKES = ['stroke-start', 'stroke-wait']
const FILLS = ['fill-start', 'fill-wait']
const MARKS = ['bg-start', 'bg-wait']

interface GraphProps {
  title: string
  /** What it is at this moment, as a person reads it. */
  now: string
  series: readonly Series[]
  from: number
  to: number
  show: (value: number) => string
  /** Of what there is at the most, where that is known. */
  limit?: number | undefined
}

export function Graph({ title, now, series, from, to, show, limit }: GraphProps) {
  const id = useId()
  const summaries = series.map(({ lines }) => summaryOf(lines))
  const highest = Math.max(0, ...summaries.map((summary) => summary?.highest ?? 0))
  const top = limit !== undefined && highest > limit / 4 ? limit * 1.08 : roundTop(highest * 1.05)
  const frame = { from, to, top, width: WIDTH, height: HEIGHT }
  const words = series.map(({ name }, index) => {
    const summary = summaries[index]
    return summary == null ? `${name}: nothing known` : `${name}: ${show(summary.last)}, at most ${show(summary.highest)}, on average ${show(summary.mean)}`
  })
  return (
    <figure className="border-b border-line px-4 pt-3.5 pb-3 last:border-0">
      <figcaption id={id} className="flex items-baseline justify-between gap-3">
        <span className="text-xs font-semibold">{title}</span>
        <span className="flex gap-3 text-xs text-soft tabular-nums">{now}</span>
      </figcaption>
      <svg role="img" aria-labelledby={`${id} ${id}-words`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className="mt-2 block h-14 w-full overflow-visible">
        <desc id={`${id}-words`}>{words.join('. ')}</desc>
        <line x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} className="stroke-line-strong" vectorEffect="non-scaling-stroke" />
        {limit !== undefined && limit <= top && (
          <line
            x1="0"
            x2={WIDTH}
            y1={HEIGHT - (limit / top) * HEIGHT}
            y2={HEIGHT - (limit / top) * HEIGHT}
            strokeDasharray="4 4"
            className="stroke-need"
            vectorEffect="non-scaling-stroke"
          />
        )}
        {series.map(({ name, lines }, index) => (
          <g key={name}>
            <path d={lines.map((line) => areaOf(line, frame)).join('')} className={FILLS[index]} fillOpacity="0.12" />
            <path
              d={lines.map((line) => pathOf(line, frame)).join('')}
              fill="none"
              strokeWidth="1.5"
              strokeLinejoin="round"
              className={STROKES[index]}
              vectorEffect="non-scaling-stroke"
            />
          </g>
        ))}
      </svg>
      <p aria-hidden="true" className="mt-1 flex justify-between gap-3 text-2xs text-faint tabular-nums">
        <span className="flex gap-3">
          <span>since {new Date(from).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })}</span>
          {series.length > 1 &&
            series.map(({ name }, index) => (
              <span key={name} className="flex items-center gap-1.5">
                <i className={classes('size-1.5 rounded-full', MARKS[index])} />
                {name}
              </span>
            ))}
        </span>
        <span>{limit !== undefined ? `limit ${show(limit)}` : highest > 0 && `top ${show(top)}`}</span>
      </p>
    </figure>
  )
}
