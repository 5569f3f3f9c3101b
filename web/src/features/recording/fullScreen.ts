// The whole page over the whole screen, where the browser can do that.
import { useSyncExternalStore } from 'react'
import { toast } from '../../ui/toast'

export function useFullScreen(): 'full' | 'not' | 'unavailable' {
  return useSyncExternalStore(
    (listener) => {
      document.addEventListener('fullscreenchange', listener)
      return () => document.removeEventListener('fullscreenchange', listener)
    },
    () => (document.fullscreenElement !== null ? 'full' : document.fullscreenEnabled ? 'not' : 'unavailable'),
  )
}

export function toggleFullScreen(): void {
  // The document and not a part of it: menus and dialogs hang from its end.
  const turn = document.fullscreenElement === null ? document.documentElement.requestFullscreen() : document.exitFullscreen()
  turn.catch(() => toast('The browser refuses full screen here', 'error'))
}
