// The command palette: jump to a session or do something, by a few letters.
import * as Radix from '@radix-ui/react-dialog'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { FolderGit2, Keyboard, LayoutGrid, Moon, Plus, ScrollText, SlidersHorizontal, Sun, UserRound, Users } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { sessionsQuery } from '../../api/queries'
import { classes } from '../../ui/classes'
import { chooseAppearance } from '../appearance/appearance'
import { useUser } from '../auth/useUser'
import { AgentIcon, agentTitle } from '../sessions/AgentIcon'
import { comparison } from '../sessions/filters'
import { Status } from '../sessions/Status'
import { onOpen, openHelp } from './open'
import { matches } from './matches'

interface Entry {
  id: string
  title: string
  note?: string
  icon: ReactNode
  end?: ReactNode
  run: () => void
}

export function Palette() {
  const [open, setOpen] = useState(false)
  useEffect(() => onOpen('palette', () => setOpen(true)), [])
  return (
    <Radix.Root open={open} onOpenChange={setOpen}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[#050706]/40 backdrop-blur-[2px]" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed top-[14vh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-xl border border-line-strong bg-raised shadow-pop motion-safe:animate-rise"
        >
          <Radix.Title className="sr-only">Command palette</Radix.Title>
          <PaletteBody onDone={() => setOpen(false)} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

function PaletteBody({ onDone }: { onDone: () => void }) {
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState(0)
  const list = useRef<HTMLUListElement>(null)
  const entries = useEntries().filter((entry) => matches(`${entry.title} ${entry.note ?? ''}`, text))
  const active = Math.min(chosen, Math.max(entries.length - 1, 0))
  const run = (entry: Entry | undefined): void => {
    if (entry === undefined) return
    onDone()
    entry.run()
  }
  const move = (by: number): void => {
    const next = (active + by + entries.length) % Math.max(entries.length, 1)
    setChosen(next)
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' })
  }
  return (
    <div
      onKeyDown={(event) => {
        if (event.key === 'ArrowDown') move(1)
        else if (event.key === 'ArrowUp') move(-1)
        else if (event.key === 'Enter') run(entries[active])
        else return
        event.preventDefault()
      }}
    >
      <input
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={`palette-${active}`}
        aria-label="Search sessions and commands"
        placeholder="Go to a session, or do something…"
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          setChosen(0)
        }}
        className="h-12 w-full border-b border-line bg-transparent px-4 text-base outline-none coarse:text-[16px]"
      />
      <ul ref={list} id="palette-list" role="listbox" aria-label="Results" className="scroll-quiet max-h-[46vh] overflow-y-auto p-1.5">
        {entries.map((entry, index) => (
          <li
            key={entry.id}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === active}
            onPointerMove={() => setChosen(index)}
            onClick={() => run(entry)}
            className={classes('flex h-10 cursor-pointer items-center gap-3 rounded-lg px-2.5 text-sm', index === active && 'bg-active')}
          >
            <span className="grid w-6 place-items-center text-soft">{entry.icon}</span>
            <span className="truncate">{entry.title}</span>
            <span className="min-w-0 flex-1 truncate text-xs text-faint">{entry.note}</span>
            {entry.end}
          </li>
        ))}
      </ul>
      {entries.length === 0 && <p className="px-4 pb-6 text-center text-sm text-faint">Nothing matches “{text}”.</p>}
    </div>
  )
}

function useEntries(): Entry[] {
  const navigate = useNavigate()
  const { data: sessions = [] } = useQuery(sessionsQuery)
  const role = useUser()?.role
  const administration: Entry[] = [
    { id: 'people', title: 'People', note: 'administration', icon: <Users size={15} />, run: () => void navigate({ to: '/admin/users' }) },
    { id: 'everybody', title: 'Sessions of everybody', note: 'administration', icon: <LayoutGrid size={15} />, run: () => void navigate({ to: '/admin/sessions' }) },
    { id: 'audit', title: 'Audit', note: 'administration', icon: <ScrollText size={15} />, run: () => void navigate({ to: '/admin/audit' }) },
    { id: 'settings', title: 'Settings', note: 'administration', icon: <SlidersHorizontal size={15} />, run: () => void navigate({ to: '/admin/settings' }) },
  ]
  const commands: Entry[] = [
    ...(role === 'viewer' ? [] : [{ id: 'new', title: 'New session', icon: <Plus size={16} />, run: () => void navigate({ to: '/new' }) }]),
    { id: 'all', title: 'All sessions', icon: <LayoutGrid size={15} />, run: () => void navigate({ to: '/' }) },
    { id: 'repositories', title: 'Repositories', icon: <FolderGit2 size={15} />, run: () => void navigate({ to: '/repositories' }) },
    { id: 'profile', title: 'Profile', note: 'password, logins, tokens', icon: <UserRound size={15} />, run: () => void navigate({ to: '/profile' }) },
    ...(role === 'admin' ? administration : []),
    { id: 'keys', title: 'Keyboard shortcuts', icon: <Keyboard size={15} />, run: openHelp },
    { id: 'dark', title: 'Dark appearance', icon: <Moon size={15} />, run: () => chooseAppearance('dark') },
    { id: 'light', title: 'Light appearance', icon: <Sun size={15} />, run: () => chooseAppearance('light') },
  ]
  const found = sessions.toSorted(comparison('activity')).map((session): Entry => ({
    id: session.id,
    title: session.name,
    note: agentTitle(session.agent),
    icon: <AgentIcon agent={session.agent} size={24} />,
    end: <Status status={session.status} />,
    run: () => void navigate({ to: '/sessions/$id', params: { id: session.id } }),
  }))
  return [...found, ...commands]
}
