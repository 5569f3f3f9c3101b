// Finding a person by a few letters: a combobox, driven by arrows and Enter.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useDeferredValue, useId, useState } from 'react'
import type { KeyboardEvent } from 'react'
import { peopleQuery } from '../../api/people'
import type { Person, ShareAccess } from '../../api/types'
import { Avatar } from '../../ui/Avatar'
import { classes } from '../../ui/classes'
import { ACCESSES } from './access'

interface AddPersonProps {
  /** Who has access already. */
  taken: readonly string[]
  busy: boolean
  onAdd: (person: Person, access: ShareAccess) => void
}

/** More than this nobody reads; further letters find the rest. */
const MOST_SHOWN = 6

export function AddPerson({ taken, busy, onAdd }: AddPersonProps) {
  const [text, setText] = useState('')
  const [access, setAccess] = useState<ShareAccess>('view')
  const [open, setOpen] = useState(false)
  const [chosen, setChosen] = useState(0)
  const { data } = useQuery({ ...peopleQuery(useDeferredValue(text.trim())), placeholderData: keepPreviousData, enabled: open })
  const found = (data?.items ?? []).filter((person) => !taken.includes(person.id)).slice(0, MOST_SHOWN)
  const active = Math.min(chosen, Math.max(found.length - 1, 0))
  const listId = useId()
  const add = (person: Person | undefined): void => {
    if (person === undefined || busy) return
    onAdd(person, access)
    setText('')
    setOpen(false)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setChosen((active + 1) % Math.max(found.length, 1))
    else if (event.key === 'ArrowUp') setChosen((active + found.length - 1) % Math.max(found.length, 1))
    else if (event.key === 'Enter') add(found[active])
    // Escape closes the list first, the dialog next.
    else if (event.key === 'Escape' && open) setOpen(false)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div className="flex gap-2">
      <div className="relative min-w-0 flex-1">
        <input
          autoFocus
          role="combobox"
          aria-expanded={open}
          aria-controls={listId}
          aria-activedescendant={open && found.length > 0 ? `${listId}-${active}` : undefined}
          aria-label="Share with"
          placeholder="Name of a person…"
          maxLength={64}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value)
            setChosen(0)
            setOpen(true)
          }}
          onClick={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
          className="h-9 w-full rounded-lg border border-line-strong bg-surface px-3 text-sm hover:border-faint/60 focus:border-ember focus:ring-3 focus:ring-ember/20 focus:outline-none coarse:h-11 coarse:text-[16px]"
        />
        {open && data !== undefined && (
          <ul
            id={listId}
            role="listbox"
            aria-label="People"
            // A press on a row must not take the focus from the field, which would close the list before the click.
            onPointerDown={(event) => event.preventDefault()}
            className="mt-1 rounded-lg border border-line-strong bg-raised p-1"
          >
            {found.map((person, index) => (
              <li
                key={person.id}
                id={`${listId}-${index}`}
                role="option"
                aria-selected={index === active}
                onPointerMove={() => setChosen(index)}
                onClick={() => add(person)}
                className={classes('flex h-9 cursor-pointer items-center gap-2.5 rounded-md px-2 text-sm coarse:h-11', index === active && 'bg-active')}
              >
                <Avatar name={person.username} size="small" /> {person.username}
              </li>
            ))}
            {found.length === 0 && <li className="px-2 py-2 text-xs text-faint">{text.trim() === '' ? 'Everybody has access already.' : `Nobody new is called “${text.trim()}”.`}</li>}
          </ul>
        )}
      </div>
      <select
        aria-label="What they may do"
        value={access}
        onChange={(event) => setAccess(event.target.value === 'drive' ? 'drive' : 'view')}
        className="h-9 rounded-lg border border-line-strong bg-surface px-2 text-xs text-soft hover:text-text coarse:h-11 coarse:text-[16px]"
      >
        {ACCESSES.map((item) => (
          <option key={item.value} value={item.value}>
            {item.label}
          </option>
        ))}
      </select>
    </div>
  )
}
