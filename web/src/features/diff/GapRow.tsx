// Where lines of a file are left out of its diff: how many, and the way to see them.
import { ChevronDown, ChevronUp, UnfoldVertical } from 'lucide-react'
import type { ReactNode } from 'react'
import { STEP } from './gaps'
import type { Row } from './rows'

export type GapPart = 'top' | 'bottom' | 'all'

interface GapRowProps {
  row: Extract<Row, { kind: 'gap' }>
  /** Nothing, where the other lines cannot be had. */
  onShow: ((part: GapPart) => void) | null
}

export function GapRow({ row, onShow }: GapRowProps) {
  const { hidden, place } = row
  const isShort = hidden !== null && hidden <= STEP
  return (
    <div role="row" className="flex min-h-6 items-center gap-1 bg-side px-1 text-faint select-none">
      {onShow !== null && (
        <span role="cell" className="flex shrink-0">
          {isShort && <Show label={`Show ${hidden} lines`} icon={<UnfoldVertical size={13} />} onClick={() => onShow('all')} />}
          {!isShort && place !== 'first' && <Show label={`Show ${STEP} lines below`} icon={<ChevronDown size={13} />} onClick={() => onShow('top')} />}
          {!isShort && place !== 'last' && <Show label={`Show ${STEP} lines above`} icon={<ChevronUp size={13} />} onClick={() => onShow('bottom')} />}
          {!isShort && hidden !== null && <Show label={`Show all ${hidden} lines`} icon={<UnfoldVertical size={13} />} onClick={() => onShow('all')} />}
        </span>
      )}
      <span role="cell" className="min-w-0 truncate px-1 text-2xs">
        {hidden !== null && `${hidden} unchanged ${hidden === 1 ? 'line' : 'lines'}`}
        {row.heading !== '' && <span className="ml-2 font-mono text-soft">{row.heading}</span>}
      </span>
    </div>
  )
}

function Show({ label, icon, onClick }: { label: string; icon: ReactNode; onClick: () => void }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      onClick={onClick}
      className="grid h-5 w-7 place-items-center rounded text-faint hover:bg-active hover:text-text coarse:h-9 coarse:w-9"
    >
      {icon}
    </button>
  )
}
