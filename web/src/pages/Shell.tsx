// The frame of every page after login: the list of sessions at the side, the page beside it.
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { FolderGit2, LayoutGrid, Menu as MenuIcon, PanelLeft, Plus, Search, ShieldCheck, X } from 'lucide-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { sessionsQuery } from '../api/queries'
import type { Session } from '../api/types'
import { UserMenu } from '../features/auth/UserMenu'
import { useUser } from '../features/auth/useUser'
import { LiveDot } from '../features/live/LiveDot'
import { openPalette } from '../features/palette/open'
import { comparison } from '../features/sessions/filters'
import { StatusDot, statusWord } from '../features/sessions/Status'
import { IconButton } from '../ui/Button'
import { classes } from '../ui/classes'
import { Kbd } from '../ui/Kbd'
import { Logo } from '../ui/Logo'
import { useStored } from '../ui/useStored'

const PALETTE_KEYS = navigator.platform.startsWith('Mac') ? '⌘ K' : 'Ctrl K'

export function Shell() {
  const [rail, setRail] = useStored('longhouse.sidebar', 'wide')
  const { pathname } = useLocation()
  // The drawer belongs to the page on which it was opened: going elsewhere closes it.
  const [drawerAt, setDrawerAt] = useState<string | null>(null)
  const compact = rail === 'rail'
  const mayCreate = useUser()?.role !== 'viewer'
  // On a phone every line counts for the terminal; the session's own head leads back.
  const inSession = pathname.startsWith('/sessions/')
  return (
    <div className="flex h-app overflow-hidden">
      <a href="#main" className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-raised focus:px-3 focus:py-2">
        Skip to content
      </a>
      <aside className={classes('hidden shrink-0 border-r border-line bg-side md:flex', compact ? 'w-14' : 'w-60')}>
        <Sidebar compact={compact} onFold={() => setRail(compact ? 'wide' : 'rail')} />
      </aside>
      {drawerAt === pathname && <Drawer onClose={() => setDrawerAt(null)} />}
      <div className="flex min-w-0 flex-1 flex-col">
        <div className={classes('h-12 shrink-0 items-center gap-2 border-b border-line bg-side px-2 md:hidden', inSession ? 'hidden' : 'flex')}>
          <IconButton label="Open the list of sessions" onClick={() => setDrawerAt(pathname)}>
            <MenuIcon size={18} />
          </IconButton>
          <Link to="/" className="flex items-center gap-2 font-semibold tracking-tight">
            <Logo size={20} /> Longhouse
          </Link>
          <span className="flex-1" />
          <LiveDot compact />
          <IconButton label="Search" onClick={openPalette}>
            <Search size={17} />
          </IconButton>
          {mayCreate && (
            <Link to="/new" aria-label="New session" className="grid size-9 place-items-center rounded-md text-ember">
              <Plus size={19} />
            </Link>
          )}
        </div>
        <main id="main" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto focus:outline-none">
          <Outlet />
        </main>
      </div>
    </div>
  )
}

function Drawer({ onClose }: { onClose: () => void }) {
  return (
    <div className="fixed inset-0 z-30 flex md:hidden">
      <div className="flex w-72 max-w-[85vw] border-r border-line bg-side shadow-pop">
        <Sidebar compact={false} onFold={onClose} />
      </div>
      <button type="button" aria-label="Close the list" className="flex flex-1 justify-center bg-[#050706]/50 pt-4" onClick={onClose}>
        <X className="text-[#fff]" size={20} />
      </button>
    </div>
  )
}

function Sidebar({ compact, onFold }: { compact: boolean; onFold: () => void }) {
  const user = useUser()
  const { pathname } = useLocation()
  return (
    <nav aria-label="Sessions" className="flex min-h-0 min-w-0 flex-1 flex-col">
      <div className={classes('flex h-13 shrink-0 items-center gap-2', compact ? 'justify-center' : 'pr-2 pl-4')}>
        <Link to="/" aria-label="Longhouse, all sessions" className="flex items-center gap-2.5 rounded-md font-semibold tracking-tight">
          <Logo size={22} />
          {!compact && 'Longhouse'}
        </Link>
        {!compact && (
          <>
            <span className="flex-1" />
            <IconButton label="Fold the side bar" onClick={onFold}>
              <PanelLeft size={16} />
            </IconButton>
          </>
        )}
      </div>
      <div className={classes('space-y-0.5 pb-2', compact ? 'px-2' : 'px-2.5')}>
        {compact && <RailButton label="Unfold the side bar" icon={<PanelLeft size={16} />} onClick={onFold} />}
        {user?.role !== 'viewer' && <SideLink to="/new" label="New session" compact={compact} icon={<Plus size={15} />} keys="C" />}
        <SideLink to="/" label="All sessions" compact={compact} icon={<LayoutGrid size={15} />} />
        <SideLink to="/repositories" label="Repositories" compact={compact} icon={<FolderGit2 size={15} />} />
        {user?.role === 'admin' && <SideLink to="/admin/users" label="Administration" compact={compact} icon={<ShieldCheck size={15} />} active={pathname.startsWith('/admin')} />}
        <button
          type="button"
          onClick={openPalette}
          aria-label="Search"
          className={classes('flex h-8 w-full items-center gap-2.5 rounded-lg text-sm text-soft hover:bg-hover hover:text-text', compact ? 'justify-center' : 'px-2')}
        >
          <Search size={15} />
          {!compact && (
            <>
              <span className="flex-1 text-left">Search</span>
              <Kbd>{PALETTE_KEYS}</Kbd>
            </>
          )}
        </button>
      </div>
      <SessionList compact={compact} />
      <div className={classes('flex items-center border-t border-line p-2', compact && 'flex-col gap-2')}>
        <UserMenu compact={compact} />
        <LiveDot compact={compact} />
      </div>
    </nav>
  )
}

function RailButton({ label, icon, onClick }: { label: string; icon: ReactNode; onClick: () => void }) {
  return (
    <button type="button" aria-label={label} title={label} onClick={onClick} className="flex h-8 w-full items-center justify-center rounded-lg text-soft hover:bg-hover">
      {icon}
    </button>
  )
}

interface SideLinkProps {
  to: '/' | '/new' | '/repositories' | '/admin/users'
  label: string
  icon: ReactNode
  compact: boolean
  keys?: string
  /** Whether the page belongs to it, though its address is another. */
  active?: boolean
}

function SideLink({ to, label, icon, compact, keys, active = false }: SideLinkProps) {
  return (
    <Link
      to={to}
      title={compact ? label : undefined}
      aria-label={label}
      activeOptions={{ exact: true, includeSearch: false }}
      activeProps={{ className: 'bg-active text-text' }}
      inactiveProps={{ className: active ? 'bg-active text-text' : 'text-soft hover:bg-hover hover:text-text' }}
      className={classes('flex h-8 items-center gap-2.5 rounded-lg text-sm', compact ? 'justify-center' : 'px-2')}
    >
      {icon}
      {!compact && <span className="flex-1">{label}</span>}
      {!compact && keys !== undefined && <Kbd>{keys}</Kbd>}
    </Link>
  )
}

function SessionList({ compact }: { compact: boolean }) {
  const me = useUser()?.id
  const { data: sessions = [] } = useQuery(sessionsQuery)
  const sorted = sessions.toSorted(comparison('name'))
  const mine = sorted.filter((session) => session.owner.id === me)
  return (
    <div className={classes('scroll-quiet min-h-0 flex-1 overflow-y-auto border-t border-line py-2', compact ? 'px-2' : 'px-2.5')}>
      <Group title="Active" sessions={mine.filter((session) => session.status !== 'stopped')} compact={compact} />
      <Group title="Of others" sessions={sorted.filter((session) => session.owner.id !== me)} compact={compact} />
      <Group title="Stopped" sessions={mine.filter((session) => session.status === 'stopped')} compact={compact} />
    </div>
  )
}

function Group({ title, sessions, compact }: { title: string; sessions: readonly Session[]; compact: boolean }) {
  if (sessions.length === 0) return null
  return (
    <section aria-label={title} className="mb-3">
      {!compact && <h2 className="px-2 pt-1 pb-1 text-2xs font-medium text-faint">{title}</h2>}
      <ul className="space-y-px">
        {sessions.map((session) => (
          <li key={session.id}>
            <Link
              to="/sessions/$id"
              params={{ id: session.id }}
              title={`${session.name}: ${statusWord(session.status)}`}
              activeProps={{ className: 'bg-active text-text' }}
              inactiveProps={{ className: 'text-soft hover:bg-hover hover:text-text' }}
              className={classes('flex h-7.5 items-center gap-2.5 rounded-lg text-sm coarse:h-10', compact ? 'justify-center' : 'px-2')}
            >
              <StatusDot status={session.status} />
              <span className={classes('min-w-0 flex-1 truncate', compact && 'sr-only')}>{session.name}</span>
              {!compact && session.status === 'running' && session.agentState === 'needsInput' && (
                <span className="size-1.5 rounded-full bg-need" title="Needs you" />
              )}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}
