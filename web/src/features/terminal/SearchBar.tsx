// Finds text in the terminal and its scrollback.
import { ChevronDown, ChevronUp, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { IconButton } from '../../ui/Button'

interface SearchBarProps {
  found: { index: number; count: number }
  onFind: (text: string, direction: 'next' | 'previous', how: 'typing' | 'stepping') => void
  onClose: () => void
}

export function SearchBar({ found, onFind, onClose }: SearchBarProps) {
  const [text, setText] = useState('')
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => input.current?.focus(), [])
  const matches = text === '' ? '' : found.count === 0 ? 'None' : `${found.index + 1} of ${found.count}`
  return (
    <search
      className="absolute top-2 right-3 left-3 z-20 flex items-center gap-1 rounded-lg border border-line-strong bg-raised py-1 pr-1 pl-3 shadow-pop sm:left-auto sm:w-80"
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose()
        if (event.key === 'Enter') onFind(text, event.shiftKey ? 'previous' : 'next', 'stepping')
      }}
    >
      <input
        ref={input}
        value={text}
        aria-label="Find in terminal"
        placeholder="Find"
        onChange={(event) => {
          setText(event.target.value)
          onFind(event.target.value, 'next', 'typing')
        }}
        className="min-w-0 flex-1 bg-transparent text-sm outline-none"
      />
      <span aria-live="polite" className="px-1 text-xs whitespace-nowrap text-faint tabular-nums">
        {matches}
      </span>
      <IconButton label="Previous match" onClick={() => onFind(text, 'previous', 'stepping')}>
        <ChevronUp size={15} />
      </IconButton>
      <IconButton label="Next match" onClick={() => onFind(text, 'next', 'stepping')}>
        <ChevronDown size={15} />
      </IconButton>
      <IconButton label="Close search" onClick={onClose}>
        <X size={15} />
      </IconButton>
    </search>
  )
}
