// Which part of the audit one wants to see.
import { useState } from 'react'
import type { ReactNode } from 'react'
import { PICK } from '../../ui/pick'
import { OUTCOMES, RANGES } from './auditSearch'
import type { AuditSearch } from './auditSearch'

type Change = Partial<Record<keyof AuditSearch, string>>

interface AuditFiltersProps {
  search: AuditSearch
  /** Names and actions that have been seen, to choose from. */
  actors: readonly string[]
  actions: readonly string[]
  onChange: (change: Change) => void
  /** Stands at the end of the row. */
  children: ReactNode
}

export function AuditFilters({ search, actors, actions, onChange, children }: AuditFiltersProps) {
  return (
    <div className="mb-4 grid grid-cols-2 items-center gap-2 sm:flex sm:flex-wrap">
      <Words key={`actor ${search.actor}`} label="Who" value={search.actor} choices={actors} onChange={(actor) => onChange({ actor })} />
      <Words key={`action ${search.action}`} label="Action" value={search.action} choices={actions} onChange={(action) => onChange({ action })} />
      <Words key={`target ${search.target}`} label="Object" value={search.target} choices={[]} onChange={(target) => onChange({ target })} />
      <select aria-label="Result" className={PICK} value={search.outcome ?? ''} onChange={(event) => onChange({ outcome: event.target.value })}>
        <option value="">Result</option>
        {OUTCOMES.map((item) => (
          <option key={item.value} value={item.value}>
            {item.label}
          </option>
        ))}
      </select>
      <select aria-label="Time" className={PICK} value={search.range ?? ''} onChange={(event) => onChange({ range: event.target.value })}>
        <option value="">Any time</option>
        {RANGES.map((item) => (
          <option key={item.value} value={item.value}>
            {item.label}
          </option>
        ))}
      </select>
      {search.range === 'custom' && (
        <span className="col-span-2 flex min-w-0 flex-wrap items-center gap-2 text-xs text-faint">
          <input type="datetime-local" aria-label="From" className={PICK} value={search.since ?? ''} onChange={(event) => onChange({ since: event.target.value })} />
          to
          <input type="datetime-local" aria-label="To" className={PICK} value={search.until ?? ''} onChange={(event) => onChange({ until: event.target.value })} />
        </span>
      )}
      <span className="flex min-w-0 flex-1 items-center justify-end gap-2 max-sm:col-span-2">{children}</span>
    </div>
  )
}

interface WordsProps {
  label: string
  value: string | undefined
  choices: readonly string[]
  onChange: (value: string) => void
}

/** A text that counts once it is written: with Enter, or when one goes on to something else. */
function Words({ label, value = '', choices, onChange }: WordsProps) {
  const [draft, setDraft] = useState(value)
  const id = `audit-${label.toLowerCase()}`
  const commit = (text: string): void => {
    if (text.trim() !== value) onChange(text.trim())
  }
  return (
    <>
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        list={choices.length > 0 ? id : undefined}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={draft}
        onChange={(event) => {
          setDraft(event.target.value)
          // The cross of the field and a choice from the list are meant at once.
          if (event.target.value === '' || choices.includes(event.target.value)) commit(event.target.value)
        }}
        onBlur={() => commit(draft)}
        onKeyDown={(event) => event.key === 'Enter' && commit(draft)}
        className="h-8 min-w-0 rounded-lg border border-line-strong bg-surface px-2.5 text-xs hover:border-faint/60 focus:border-ember focus:ring-3 focus:ring-ember/20 focus:outline-none sm:w-36 coarse:h-10 coarse:text-[16px]"
      />
      {choices.length > 0 && (
        <datalist id={id}>
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </datalist>
      )}
    </>
  )
}
