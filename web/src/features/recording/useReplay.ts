// A replay on the page: joins a recording, its screen and its player, as React values.
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { RefCallback } from 'react'
import { copyText } from '../../ui/clipboard'
import { useStored } from '../../ui/useStored'
import { useAppearance } from '../appearance/useAppearance'
import { terminalPreferences } from '../terminal/preferences'
import { themeFor } from '../terminal/themes'
import type { TerminalTheme } from '../terminal/themes'
import { useTerminalPreferences } from '../terminal/usePreferences'
import { Player, SPEEDS } from './player'
import type { Pauses, PlayerView, PlayerWorld, Speed } from './player'
import { ReplayScreen } from './screen'
import type { Timeline } from './timeline'

export interface UsedReplay {
  /** The `ref` of the element that the screen is drawn into. */
  attach: RefCallback<HTMLElement>
  player: Player | null
  view: PlayerView | null
  theme: TerminalTheme
  setSpeed: (speed: Speed) => void
  setPauses: (pauses: Pauses) => void
}

const browserWorld: PlayerWorld = {
  now: () => performance.now(),
  nextFrame: (call) => {
    const frame = requestAnimationFrame(call)
    return () => cancelAnimationFrame(frame)
  },
}

const never = (): (() => void) => () => undefined

/** `startAt` says where to begin, and to wait there; without it the replay plays from the beginning. */
export function useReplay(timeline: Timeline, startAt: number | undefined, onLeave: (at: number) => void): UsedReplay {
  const preferences = useTerminalPreferences()
  const theme = themeFor(preferences.theme, useAppearance())
  const [storedSpeed, storeSpeed] = useStored('longhouse.replay.speed', '1')
  const [storedPauses, storePauses] = useStored('longhouse.replay.pauses', 'shortened')
  const [shown, setShown] = useState<{ screen: ReplayScreen; player: Player } | null>(null)
  const speed = SPEEDS.find((known) => String(known) === storedSpeed) ?? 1
  const pauses: Pauses = storedPauses === 'whole' ? 'whole' : 'shortened'
  // What may change without beginning anew is read through here.
  const latest = useRef({ theme, speed, pauses, startAt, onLeave })
  useEffect(() => {
    latest.current = { theme, speed, pauses, startAt, onLeave }
  })

  const attach = useCallback(
    (element: HTMLElement | null) => {
      if (element === null) return undefined
      const { theme, speed, pauses, startAt } = latest.current
      const screen = new ReplayScreen(timeline.header.size, { preferences: terminalPreferences(), theme }, (text) => void copyText(text, 'Text'))
      let player: Player | null = null
      const begin = async (): Promise<void> => {
        if (!(await screen.mount(element))) return
        player = new Player(timeline, screen, browserWorld, { at: startAt ?? 0, speed, pauses })
        setShown({ screen, player })
        if (startAt === undefined) player.play()
      }
      void begin()
      return () => {
        if (player !== null) {
          latest.current.onLeave(player.view().at)
          player.dispose()
        }
        screen.dispose()
        setShown(null)
      }
    },
    [timeline],
  )

  useEffect(() => shown?.screen.apply(preferences, theme), [shown, preferences, theme])

  const player = shown?.player ?? null
  const view = useSyncExternalStore(player?.subscribe ?? never, () => player?.view() ?? null)
  return {
    attach,
    player,
    view,
    theme,
    setSpeed: (speed) => {
      storeSpeed(String(speed))
      player?.setSpeed(speed)
    },
    setPauses: (pauses) => {
      storePauses(pauses)
      player?.setPauses(pauses)
    },
  }
}
