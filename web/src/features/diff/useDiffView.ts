// How diffs are shown: side by side or not, as this browser remembers it, as far as there is room.
import { useEffect, useState } from 'react'
import { useStored } from '../../ui/useStored'
import type { DiffLayout } from './rows'

/** Two columns of some forty letters each, in pixels. */
const ROOM_FOR_TWO = 720
/** Room for both numbers of a line. */
const ROOM_FOR_NUMBERS = 480

export interface DiffView {
  layout: DiffLayout
  numbers: 'one' | 'both'
}

interface Measured {
  /** Told the element whose room counts. */
  measure: (element: HTMLElement | null) => void
}

export interface DiffViewChoice extends DiffView {
  /** What was chosen, whether there is room for it or not. */
  chosen: DiffLayout
  hasRoom: boolean
  choose: (layout: DiffLayout) => void
}

export function useDiffView(): DiffViewChoice & Measured {
  const [stored, store] = useStored('longhouse.diff.layout', 'split')
  const [element, measure] = useState<HTMLElement | null>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => {
    if (element === null) return undefined
    const observer = new ResizeObserver((entries) => setWidth(entries.at(-1)?.contentRect.width ?? 0))
    observer.observe(element)
    return () => observer.disconnect()
  }, [element])
  const chosen = stored === 'unified' ? 'unified' : 'split'
  const hasRoom = width >= ROOM_FOR_TWO
  return {
    measure,
    chosen,
    hasRoom,
    choose: store,
    layout: hasRoom ? chosen : 'unified',
    numbers: width >= ROOM_FOR_NUMBERS ? 'both' : 'one',
  }
}
