// Two panes with a bar between them that pointer and arrow keys move. Remembers where it was.
import { useRef } from 'react'
import type { ReactNode } from 'react'
import { useStored } from './useStored'

interface SplitProps {
  /** Under which the position is kept. */
  id: string
  left: ReactNode
  right: ReactNode
}

const LEAST = 0.2
const STEP = 0.03

export function Split({ id, left, right }: SplitProps) {
  const [stored, store] = useStored(`longhouse.split.${id}`, '0.5')
  const frame = useRef<HTMLDivElement>(null)
  const share = bounded(Number(stored))
  const percent = Math.round(share * 1000) / 10
  const moveTo = (clientX: number): void => {
    const box = frame.current?.getBoundingClientRect()
    if (box !== undefined && box.width > 0) store(String(bounded((clientX - box.left) / box.width)))
  }
  return (
    <div ref={frame} className="flex h-full min-h-0 min-w-0">
      <div className="min-w-0" style={{ width: `${percent}%` }}>
        {left}
      </div>
      <div
        role="separator"
        tabIndex={0}
        aria-label="Width of the panes"
        aria-orientation="vertical"
        aria-valuemin={LEAST * 100}
        aria-valuemax={(1 - LEAST) * 100}
        aria-valuenow={Math.round(percent)}
        onPointerDown={(event) => {
          event.preventDefault()
          event.currentTarget.setPointerCapture(event.pointerId)
        }}
        onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && moveTo(event.clientX)}
        onDoubleClick={() => store('0.5')}
        onKeyDown={(event) => {
          if (event.key === 'ArrowLeft') store(String(bounded(share - STEP)))
          if (event.key === 'ArrowRight') store(String(bounded(share + STEP)))
        }}
        className="relative z-10 w-px shrink-0 cursor-col-resize touch-none bg-line transition-colors after:absolute after:inset-y-0 after:-left-1.5 after:w-3 hover:bg-ember focus-visible:bg-ember focus-visible:outline-none active:bg-ember"
      />
      <div className="min-w-0 flex-1">{right}</div>
    </div>
  )
}

function bounded(share: number): number {
  return Number.isFinite(share) ? Math.min(1 - LEAST, Math.max(LEAST, share)) : 0.5
}
