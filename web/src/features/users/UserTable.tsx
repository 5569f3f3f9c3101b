// The people as a table that loses its lesser columns on a phone.
import { Ban, KeyRound, MoreHorizontal, ShieldCheck, Trash2, UserCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Account } from '../../api/types'
import { Ago } from '../../ui/Ago'
import { Avatar } from '../../ui/Avatar'
import { Badge } from '../../ui/Badge'
import { IconButton } from '../../ui/Button'
import { classes } from '../../ui/classes'
import { Menu, MenuItem, MenuRule } from '../../ui/Menu'
import { roleWord } from './roles'

export type UserAct = 'edit' | 'password' | 'disable' | 'enable' | 'delete'

interface UserTableProps {
  users: readonly Account[]
  me: string | undefined
  onAct: (user: Account, act: UserAct) => void
}

const HEAD = 'px-3 py-2 text-left text-2xs font-medium text-faint whitespace-nowrap first:pl-4'
const CELL = 'px-3 py-2.5 align-middle first:pl-4'
const WIDE = 'max-md:hidden'

export function UserTable({ users, me, onAct }: UserTableProps) {
  return (
    <div className="overflow-hidden rounded-xl border border-line bg-surface shadow-card">
      <table className="w-full border-collapse text-sm">
        <thead className="max-md:sr-only">
          <tr className="border-b border-line">
            <th className={HEAD}>Person</th>
            <th className={classes(HEAD, WIDE)}>Role</th>
            <th className={classes(HEAD, WIDE)}>Sessions</th>
            <th className={classes(HEAD, WIDE)}>Last seen</th>
            <th className={HEAD}>
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {users.map((user) => (
            <Row key={user.id} user={user} isMe={user.id === me} onAct={(act) => onAct(user, act)} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({ user, isMe, onAct }: { user: Account; isMe: boolean; onAct: (act: UserAct) => void }) {
  return (
    <tr data-user={user.username} className="border-b border-line last:border-0 hover:bg-hover">
      <td className={classes(CELL, 'w-full max-w-0 md:w-auto md:max-w-none')}>
        <Identity user={user} isMe={isMe} />
      </td>
      <td className={classes(CELL, WIDE)}>
        <span className="flex items-center gap-2 text-soft">
          {roleWord(user.role)}
          {user.role === 'member' && user.permissions.includes('host') && <Badge title="May run sessions on the machine itself">this machine</Badge>}
        </span>
      </td>
      <td className={classes(CELL, WIDE, 'text-soft tabular-nums')}>{user.sessions}</td>
      <td className={classes(CELL, WIDE, 'text-xs whitespace-nowrap text-faint')}>
        <LastSeen user={user} />
      </td>
      <td className={CELL}>
        <span className="flex justify-end">
          <UserMenuButton user={user} onAct={onAct} />
        </span>
      </td>
    </tr>
  )
}

function Identity({ user, isMe }: { user: Account; isMe: boolean }) {
  return (
    <span className="flex items-center gap-3">
      <span className={classes(user.disabled && 'opacity-50')}>
        <Avatar name={user.username} tone={isMe ? 'ember' : 'plain'} />
      </span>
      <span className="min-w-0">
        <span className="flex items-center gap-2">
          <span className={classes('truncate font-medium', user.disabled && 'text-faint')}>{user.username}</span>
          {isMe && <span className="text-xs text-faint">you</span>}
          {user.disabled && <Badge tone="err">Disabled</Badge>}
        </span>
        <span className="block truncate text-2xs text-faint md:hidden">
          {roleWord(user.role)} · {sessionsWord(user.sessions)} · <LastSeen user={user} />
        </span>
      </span>
    </span>
  )
}

function UserMenuButton({ user, onAct }: { user: Account; onAct: (act: UserAct) => void }) {
  return (
    <Menu
      trigger={
        <IconButton label={`Actions for ${user.username}`}>
          <MoreHorizontal size={16} />
        </IconButton>
      }
    >
      <MenuItem icon={<ShieldCheck size={14} />} onSelect={() => onAct('edit')}>
        Role and rights…
      </MenuItem>
      <MenuItem icon={<KeyRound size={14} />} onSelect={() => onAct('password')}>
        New password…
      </MenuItem>
      {user.disabled ? (
        <MenuItem icon={<UserCheck size={14} />} onSelect={() => onAct('enable')}>
          Enable
        </MenuItem>
      ) : (
        <MenuItem icon={<Ban size={14} />} onSelect={() => onAct('disable')}>
          Disable…
        </MenuItem>
      )}
      <MenuRule />
      <MenuItem icon={<Trash2 size={14} />} tone="danger" onSelect={() => onAct('delete')}>
        Delete…
      </MenuItem>
    </Menu>
  )
}

function LastSeen({ user }: { user: Account }): ReactNode {
  return user.lastSeenAt == null ? 'never logged in' : <Ago at={user.lastSeenAt} />
}

function sessionsWord(sessions: number): string {
  return sessions === 1 ? '1 session' : `${sessions} sessions`
}
