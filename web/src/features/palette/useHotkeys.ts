// The page's own keys: they act only where no text is being written.
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { openHelp, openPalette } from './open'

/** A second key must follow `g` within this time, in milliseconds. */
const CHORD_MS = 1200

export function useHotkeys(): void {
  const navigate = useNavigate()
  useEffect(() => {
    let goUntil = 0
    const listener = (event: KeyboardEvent): void => {
      if (event.defaultPrevented) return
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        openPalette()
        return
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return
      const going = performance.now() < goUntil
      goUntil = 0
      if (event.key === 'g') goUntil = performance.now() + CHORD_MS
      else if (going && event.key === 'd') void navigate({ to: '/' })
      else if (going && event.key === 'p') void navigate({ to: '/profile' })
      else if (going && event.key === 'a') void navigate({ to: '/admin' })
      else if (event.key === 'c') void navigate({ to: '/new' })
      else if (event.key === '/') focusSearch(event)
      else if (event.key === '?') openHelp()
    }
    window.addEventListener('keydown', listener)
    return () => window.removeEventListener('keydown', listener)
  }, [navigate])
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.closest('input, textarea, select, [role="menu"], [role="dialog"]') !== null)
}

function focusSearch(event: KeyboardEvent): void {
  const search = document.querySelector<HTMLInputElement>('[data-hotkey="search"]')
  if (search === null) return
  event.preventDefault()
  search.focus()
}
