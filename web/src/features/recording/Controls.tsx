// What a replay is steered with: the line of its time, and the buttons under it.
import { FastForward, Link2, Pause, Play, RotateCcw, RotateCw, SkipBack, SkipForward } from 'lucide-react'
import { Button, IconButton } from '../../ui/Button'
import { classes } from '../../ui/classes'
import { copyText } from '../../ui/clipboard'
import { Menu, MenuChoice, MenuLabel } from '../../ui/Menu'
import type { ReplayCommand } from './keys'
import { STEP_SECONDS } from './keys'
import { SPEEDS } from './player'
import type { Player, PlayerView, Speed } from './player'
import { SeekBar } from './SeekBar'
import type { Timeline } from './timeline'
import { clockWords, playTime, speedWords } from './words'

interface ControlsProps {
  timeline: Timeline
  player: Player
  view: PlayerView
  onCommand: (command: ReplayCommand) => void
  onSpeed: (speed: Speed) => void
}

const SPEED_CHOICES = SPEEDS.map((speed) => ({ value: String(speed), label: speedWords(speed) }))

export function Controls({ timeline, player, view, onCommand, onSpeed }: ControlsProps) {
  const playing = view.state === 'playing'
  const marked = timeline.marks.length > 0
  return (
    <footer className="shrink-0 border-t border-line bg-side px-3 pb-2 sm:px-4">
      <SeekBar timeline={timeline} player={player} view={view} />
      <div className="flex flex-wrap items-center gap-x-1 gap-y-1">
        <IconButton label={playing ? 'Pause' : view.state === 'ended' ? 'Play again' : 'Play'} look="primary" onClick={() => onCommand('toggle')}>
          {playing ? <Pause size={15} fill="currentColor" /> : <Play size={15} fill="currentColor" />}
        </IconButton>
        <IconButton label={`Back ${STEP_SECONDS} seconds`} onClick={() => onCommand('back')}>
          <RotateCcw size={15} />
        </IconButton>
        <IconButton label={`On ${STEP_SECONDS} seconds`} onClick={() => onCommand('on')}>
          <RotateCw size={15} />
        </IconButton>
        {marked && (
          <>
            <IconButton label="To the mark before" onClick={() => onCommand('previousMark')}>
              <SkipBack size={15} />
            </IconButton>
            <IconButton label="To the next mark" onClick={() => onCommand('nextMark')}>
              <SkipForward size={15} />
            </IconButton>
          </>
        )}
        <span className="px-1.5 text-xs whitespace-nowrap tabular-nums">
          {playTime(view.shown)}
          <span className="text-faint"> / {playTime(view.total)}</span>
        </span>
        <Rest timeline={timeline} view={view} onCommand={onCommand} onSpeed={onSpeed} />
      </div>
    </footer>
  )
}

/** When it was, and how it is played: on a phone a line of their own. */
function Rest({ timeline, view, onCommand, onSpeed }: Omit<ControlsProps, 'player'>) {
  const clock = timeline.clockAt(view.at)
  return (
    <span className="flex min-w-0 flex-1 items-center gap-x-1 max-sm:w-full max-sm:flex-none">
      {clock !== null && (
        <time dateTime={new Date(clock).toISOString()} title="When this was" className="min-w-0 truncate px-1 text-xs text-faint tabular-nums">
          {clockWords(clock)}
        </time>
      )}
      <span className="flex-1" />
      <IconButton label="Copy a link to this moment" onClick={() => void copyText(linkTo(view.at), 'Link')}>
        <Link2 size={15} />
      </IconButton>
      <Button
        size="small"
        look="quiet"
        aria-pressed={view.pauses === 'shortened'}
        aria-label="Shorten pauses"
        title="Pass over what is longer than two seconds without anything happening"
        className={classes('max-sm:px-1.5', view.pauses === 'shortened' && 'bg-active text-text')}
        onClick={() => onCommand('pauses')}
      >
        <FastForward size={14} />
        <span className="max-sm:hidden">Shorten pauses</span>
      </Button>
      <Menu
        side="top"
        trigger={
          <Button size="small" look="quiet" aria-label={`Speed ${speedWords(view.speed)}`} className="min-w-11 tabular-nums">
            {speedWords(view.speed)}
          </Button>
        }
      >
        <MenuLabel>Speed</MenuLabel>
        <MenuChoice
          value={String(view.speed)}
          choices={SPEED_CHOICES}
          onChange={(value) => {
            const speed = SPEEDS.find((known) => String(known) === value)
            if (speed !== undefined) onSpeed(speed)
          }}
        />
      </Menu>
    </span>
  )
}

/** The address of this replay at that moment, to the tenth of a second. */
function linkTo(at: number): string {
  const address = new URL(location.href)
  address.search = `?at=${Math.floor(at * 10) / 10}`
  return address.href
}
