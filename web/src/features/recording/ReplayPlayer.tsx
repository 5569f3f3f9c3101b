// A recording on its screen, with what it is steered with.
import { CircleSlash2 } from 'lucide-react'
import { Controls } from './Controls'
import { toggleFullScreen } from './fullScreen'
import type { ReplayCommand } from './keys'
import { STEP_SECONDS } from './keys'
import { SPEEDS } from './player'
import type { Player, Speed } from './player'
import type { Timeline } from './timeline'
import { useReplay } from './useReplay'
import type { UsedReplay } from './useReplay'
import { useReplayKeys } from './useReplayKeys'

/** So long after a mark its button leads to the one before, and not to the same again. */
const GRACE_SECONDS = 1

interface ReplayPlayerProps {
  timeline: Timeline
  /** Of the terminal that was recorded. */
  terminal: string
  /** Where it begins, and waits; without it, it plays from the beginning. */
  startAt: number | undefined
  /** Told the last moment that was shown. */
  onLeave: (at: number) => void
}

export function ReplayPlayer({ timeline, terminal, startAt, onLeave }: ReplayPlayerProps) {
  const replay = useReplay(timeline, startAt, onLeave)
  const { attach, player, view, theme } = replay
  const command = (what: ReplayCommand): void => {
    if (player !== null) obey(what, player, timeline, replay)
  }
  useReplayKeys(command)
  return (
    <>
      <div
        className="relative min-h-0 flex-1"
        data-terminal={terminal}
        data-replay={view?.state ?? 'waiting'}
        style={{ backgroundColor: theme.colors.background }}
      >
        <div ref={attach} className="absolute inset-0 flex items-center-safe justify-center-safe overflow-auto" />
      </div>
      {timeline.damaged > 0 && (
        <p role="status" className="flex shrink-0 items-center gap-2 border-t border-line bg-need-wash px-4 py-1.5 text-xs text-need">
          <CircleSlash2 size={13} className="shrink-0" />
          {timeline.damaged === 1 ? 'A line of the recording is damaged and left out.' : `${timeline.damaged} lines of the recording are damaged and left out.`}
        </p>
      )}
      {player !== null && view !== null && <Controls timeline={timeline} player={player} view={view} onCommand={command} onSpeed={replay.setSpeed} />}
    </>
  )
}

function obey(what: ReplayCommand, player: Player, timeline: Timeline, { setSpeed, setPauses }: UsedReplay): void {
  const { at, speed, pauses, state } = player.view()
  switch (what) {
    case 'toggle':
      return player.toggle()
    case 'back':
      return player.move(-STEP_SECONDS)
    case 'on':
      return player.move(STEP_SECONDS)
    case 'begin':
      return player.seek(0)
    case 'end':
      return player.seek(timeline.duration)
    case 'slower':
      return setSpeed(nextSpeed(speed, -1))
    case 'faster':
      return setSpeed(nextSpeed(speed, 1))
    case 'previousMark':
      // While it plays it has left each mark as soon as it got there.
      return player.seek(timeline.markBefore(state === 'playing' ? at - GRACE_SECONDS : at)?.at ?? 0)
    case 'nextMark':
      return player.seek(timeline.markAfter(at)?.at ?? timeline.duration)
    case 'pauses':
      return setPauses(pauses === 'whole' ? 'shortened' : 'whole')
    case 'fullScreen':
      return toggleFullScreen()
  }
}

function nextSpeed(speed: Speed, step: 1 | -1): Speed {
  return SPEEDS[SPEEDS.indexOf(speed) + step] ?? speed
}
