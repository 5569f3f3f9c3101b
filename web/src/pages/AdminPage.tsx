// The frame of what only administrators see: people, all sessions, audit, settings.
import { Link, Outlet } from '@tanstack/react-router'
import { useUser } from '../features/auth/useUser'
import { ForbiddenPage } from './ForbiddenPage'

const PARTS = [
  { to: '/admin/users', label: 'People' },
  { to: '/admin/sessions', label: 'Sessions' },
  { to: '/admin/audit', label: 'Audit' },
  { to: '/admin/settings', label: 'Settings' },
] as const

export function AdminPage() {
  const user = useUser()
  // Only a courtesy: the server refuses every question of these pages by itself.
  if (user !== null && user.role !== 'admin') {
    return <ForbiddenPage>Only administrators look after people, audit and settings. If you need something changed here, ask one of them.</ForbiddenPage>
  }
  return (
    <div className="mx-auto max-w-6xl px-4 py-5 sm:px-8 sm:py-7">
      <h1 className="text-xl font-semibold tracking-tight">Administration</h1>
      <nav aria-label="Administration" className="mt-3 mb-5 flex gap-1 overflow-x-auto border-b border-line [scrollbar-width:none]">
        {PARTS.map((part) => (
          <Link
            key={part.to}
            to={part.to}
            activeOptions={{ includeSearch: false }}
            activeProps={{ className: 'border-ember text-text font-medium' }}
            inactiveProps={{ className: 'border-transparent text-soft hover:text-text' }}
            className="-mb-px shrink-0 border-b-2 px-2.5 py-2 text-sm coarse:py-3"
          >
            {part.label}
          </Link>
        ))}
      </nav>
      <Outlet />
    </div>
  )
}
