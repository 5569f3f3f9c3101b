// Who is logged in, and what concerns that person: profile, appearance, logout.
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { LogOut, UserRound } from 'lucide-react'
import { auth } from '../../api/browserAuth'
import { describe } from '../../api/problem'
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuRule } from '../../ui/Menu'
import { toast } from '../../ui/toast'
import { chooseAppearance } from '../appearance/appearance'
import type { AppearanceChoice } from '../appearance/appearance'
import { useAppearanceChoice } from '../appearance/useAppearance'
import { roleWord } from '../users/roles'
import { useUser } from './useUser'

const APPEARANCES: readonly { value: AppearanceChoice; label: string }[] = [
  { value: 'system', label: 'As the system' },
  { value: 'dark', label: 'Dark' },
  { value: 'light', label: 'Light' },
]

export function UserMenu({ compact }: { compact: boolean }) {
  const user = useUser()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const choice = useAppearanceChoice()
  if (user === null) return null
  const logout = async (): Promise<void> => {
    try {
      // Leaving on purpose leads to no page afterwards, unlike a login that ran out.
      await auth.logout({ takeBack: () => queries.cancelQueries(), leave: () => navigate({ to: '/login' }) })
    } catch (error) {
      toast(describe(error), 'error')
    }
  }
  return (
    <Menu
      side="top"
      align="start"
      trigger={
        <button type="button" aria-label={`Account of ${user.username}`} className="flex min-w-0 flex-1 items-center gap-2.5 rounded-lg px-2 py-1.5 text-left hover:bg-hover">
          <span className="grid size-6 shrink-0 place-items-center rounded-full bg-ember-wash text-xs font-semibold text-ember uppercase">
            {user.username.slice(0, 1)}
          </span>
          {!compact && (
            <span className="min-w-0 leading-tight">
              <span className="block truncate text-sm font-medium">{user.username}</span>
              <span className="block text-2xs text-faint">{roleWord(user.role)}</span>
            </span>
          )}
        </button>
      }
    >
      <MenuItem icon={<UserRound size={14} />} onSelect={() => void navigate({ to: '/profile' })}>
        Profile
      </MenuItem>
      <MenuRule />
      <MenuLabel>Appearance</MenuLabel>
      <MenuChoice
        value={choice}
        choices={APPEARANCES}
        onChange={(value) => {
          const found = APPEARANCES.find((item) => item.value === value)
          if (found !== undefined) chooseAppearance(found.value)
        }}
      />
      <MenuRule />
      <MenuItem icon={<LogOut size={14} />} onSelect={() => void logout()}>
        Log out
      </MenuItem>
    </Menu>
  )
}
