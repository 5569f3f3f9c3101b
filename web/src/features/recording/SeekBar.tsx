// The line along which a replay goes: where it is, where something happened, what is marked. One takes it anywhere with a pointer; the keys are the
// page's (see keys.ts).
import { memo, useState } from 'react'
import type { PointerEvent } from 'react'
import { activityOf } from './activity'
import type { Pace } from './pace'
import type { Player, PlayerView } from './player'
import type { Mark, Timeline } from './timeline'
import { clockWords, playTime, spokenTime } from './words'

interface SeekBarProps {
  timeline: Timeline
  player: Player
  view: PlayerView
}

/** Into so many parts the line is cut to show where something was written. */
const PARTS = 160

export function SeekBar({ timeline, player, view }: SeekBarProps) {
  const [hover, setHover] = useState<number | null>(null)
  /** Whether it goes on playing when the pointer lets go; `null` while nothing is dragged. */
  const [dragging, setDragging] = useState<'playing' | 'paused' | null>(null)
  const done = view.total === 0 ? 0 : view.shown / view.total
  const seekTo = (part: number): void => player.seekShown(part * view.total)
  const take = (event: PointerEvent<HTMLElement>): void => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    setDragging(view.state === 'playing' ? 'playing' : 'paused')
    player.pause()
    seekTo(partAt(event))
  }
  const letGo = (): void => {
    if (dragging === 'playing') player.play()
    setDragging(null)
  }
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label="Moment of the recording"
      aria-valuemin={0}
      aria-valuemax={Math.round(view.total)}
      aria-valuenow={Math.round(view.shown)}
      aria-valuetext={`${spokenTime(view.shown)} of ${spokenTime(view.total)}`}
      className="group relative h-8 cursor-pointer touch-none select-none coarse:h-11"
      onPointerDown={take}
      onPointerMove={(event) => {
        const part = partAt(event)
        setHover(part)
        if (dragging !== null) seekTo(part)
      }}
      onPointerUp={letGo}
      onPointerCancel={letGo}
      onPointerLeave={() => setHover(null)}
    >
      <Activity timeline={timeline} pace={player.pace} />
      <div className="absolute inset-x-0 bottom-2.5 h-1 overflow-hidden rounded-full bg-active group-hover:h-1.5 coarse:bottom-4">
        <div className="h-full bg-ember" style={{ width: `${done * 100}%` }} />
      </div>
      <Marks marks={timeline.marks} pace={player.pace} />
      <div
        className="absolute bottom-1.5 size-3 -translate-x-1/2 rounded-full bg-ember shadow-card ring-2 ring-side coarse:bottom-2.5 coarse:size-4.5"
        style={{ left: `${done * 100}%` }}
      />
      {hover !== null && <Hover timeline={timeline} part={hover} shown={hover * view.total} at={player.pace.recordedAt(hover * view.total)} />}
    </div>
  )
}

function Hover({ timeline, part, shown, at }: { timeline: Timeline; part: number; shown: number; at: number }) {
  const clock = timeline.clockAt(at)
  return (
    <div
      aria-hidden="true"
      className="pointer-events-none absolute bottom-full z-10 mb-0.5 rounded-md border border-line-strong bg-raised px-1.5 py-0.5 text-2xs whitespace-nowrap tabular-nums shadow-pop"
      // At the ends it stays within the line.
      style={{ left: `${part * 100}%`, transform: `translateX(-${part * 100}%)` }}
    >
      {playTime(shown)}
      {clock !== null && <span className="text-faint"> · {clockWords(clock)}</span>}
    </div>
  )
}

const Marks = memo(function Marks({ marks, pace }: { marks: readonly Mark[]; pace: Pace }) {
  return marks.map(({ at, label }) => {
    const shown = pace.shownAt(at)
    return (
      <span
        key={`${at} ${label}`}
        title={`${label} (${playTime(shown)})`}
        className="absolute bottom-1.5 h-3.5 w-1 -translate-x-1/2 rounded-full bg-need ring-2 ring-side coarse:bottom-3"
        style={{ left: `${pace.total === 0 ? 0 : (shown / pace.total) * 100}%` }}
      />
    )
  })
})

/** How much was written when, as a ridge over the line. */
const Activity = memo(function Activity({ timeline, pace }: { timeline: Timeline; pace: Pace }) {
  const ridge = ridgeOf(activityOf(timeline.events, pace, PARTS))
  return (
    <svg
      viewBox={`0 0 ${PARTS} 1`}
      preserveAspectRatio="none"
      aria-hidden="true"
      className="absolute inset-x-0 bottom-3.5 h-4 w-full fill-faint/25 group-hover:fill-faint/40 coarse:bottom-5"
    >
      <path d={ridge} />
    </svg>
  )
})

function ridgeOf(heights: readonly number[]): string {
  const steps = heights.map((height, part) => `L${part} ${(1 - height).toFixed(3)}H${part + 1}`)
  return `M0 1${steps.join('')}V1Z`
}

/** Where on the line the pointer is, from 0 to 1. */
function partAt({ currentTarget, clientX }: PointerEvent<HTMLElement>): number {
  const { left, width } = currentTarget.getBoundingClientRect()
  return Math.min(1, Math.max(0, (clientX - left) / Math.max(1, width)))
}
