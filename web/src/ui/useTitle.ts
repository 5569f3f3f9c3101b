// The title of the window while a page is open.
import { useEffect } from 'react'

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Longhouse`
    return () => {
      document.title = 'Longhouse'
    }
  }, [title])
}
