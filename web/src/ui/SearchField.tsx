// The search over a list; `/` leads to it.
import { Search } from 'lucide-react'
import { classes } from './classes'
import { Kbd } from './Kbd'

interface SearchFieldProps {
  label: string
  value: string
  onChange: (value: string) => void
  className: string
}

export function SearchField({ label, value, onChange, className }: SearchFieldProps) {
  return (
    <label className={classes('relative min-w-0', className)}>
      <span className="sr-only">{label}</span>
      <Search size={14} className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-faint" />
      <input
        type="search"
        data-hotkey="search"
        placeholder="Search"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        className="peer h-8 w-full rounded-lg border border-line-strong bg-surface pr-2 pl-8 text-sm hover:border-faint/60 focus:border-ember focus:ring-3 focus:ring-ember/20 focus:outline-none coarse:h-10 coarse:text-[16px]"
      />
      <span aria-hidden="true" className="pointer-events-none absolute top-1/2 right-2 invisible -translate-y-1/2 peer-placeholder-shown:visible peer-focus:invisible coarse:hidden">
        <Kbd>/</Kbd>
      </span>
    </label>
  )
}
