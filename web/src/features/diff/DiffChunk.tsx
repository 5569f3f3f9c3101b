// Some rows of a diff, in the page only while they are near: a diff of thousands of lines costs what one screen of it costs.
import { useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'

/** What a row that fits its line takes, in pixels. */
const ROW_PX = 20
/** How near is near. */
const NEAR = '1000px 0px'

interface DiffChunkProps {
  rows: number
  /** Whether one can jump to it. */
  isStart: boolean
  renderRows: () => ReactNode
}

export function DiffChunk({ rows, isStart, renderRows }: DiffChunkProps) {
  const frame = useRef<HTMLDivElement>(null)
  const [height, setHeight] = useState<number | null>(rows * ROW_PX)
  useEffect(() => {
    const element = frame.current
    if (element === null) return undefined
    const observer = new IntersectionObserver(
      (entries) => {
        const last = entries.at(-1)
        if (last === undefined) return
        // Once it leaves it keeps the room that it took, so that nothing jumps.
        if (last.isIntersecting) setHeight(null)
        else if (last.boundingClientRect.height > 0) setHeight(last.boundingClientRect.height)
      },
      { root: element.closest('[data-scroller]'), rootMargin: NEAR },
    )
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return (
    <div
      ref={frame}
      role="rowgroup"
      data-change={isStart || undefined}
      tabIndex={isStart ? -1 : undefined}
      className="scroll-mt-12 focus-visible:-outline-offset-2"
      style={height === null ? undefined : { height }}
    >
      {height === null && renderRows()}
    </div>
  )
}
