// The menu of one session: every action, those that are not allowed now greyed out.
import { useNavigate } from '@tanstack/react-router'
import { LogOut, MoreHorizontal, Play, RotateCw, Square, SquareArrowOutUpRight, Trash2, UserPlus } from 'lucide-react'
import { useState } from 'react'
import type { Session } from '../../api/types'
import { IconButton } from '../../ui/Button'
import { Menu, MenuItem, MenuLabel, MenuRule } from '../../ui/Menu'
import { onlyLooking, ownersOnly } from '../sharing/access'
import { LeaveDialog } from '../sharing/LeaveDialog'
import { ShareDialog } from '../sharing/ShareDialog'
import { may, useSessionActions } from './actions'
import { DeleteDialog } from './DeleteDialog'

interface SessionMenuProps {
  session: Session
  onDeleted?: () => void
}

export function SessionMenu({ session, onDeleted }: SessionMenuProps) {
  const navigate = useNavigate()
  const { turn, busy } = useSessionActions(session)
  const [asking, setAsking] = useState<'delete' | 'share' | 'leave' | null>(null)
  const looking = onlyLooking(session)
  const reserved = (action: 'share' | 'delete'): string | null => (may(session, action) ? null : ownersOnly(session))
  return (
    <>
      <Menu
        trigger={
          <IconButton label={`Actions for ${session.name}`}>
            <MoreHorizontal size={16} />
          </IconButton>
        }
      >
        <MenuItem
          icon={<SquareArrowOutUpRight size={14} />}
          onSelect={() => void navigate({ to: '/sessions/$id', params: { id: session.id } })}
        >
          Open
        </MenuItem>
        {looking !== null && <MenuLabel>{looking}</MenuLabel>}
        <MenuItem icon={<Play size={14} />} disabled={busy || !may(session, 'start')} onSelect={() => turn('start')}>
          Start
        </MenuItem>
        <MenuItem icon={<Square size={11} fill="currentColor" />} disabled={busy || !may(session, 'stop')} onSelect={() => turn('stop')}>
          Stop
        </MenuItem>
        <MenuItem icon={<RotateCw size={14} />} disabled={busy || !may(session, 'restart')} onSelect={() => turn('restart')}>
          Restart
        </MenuItem>
        <MenuRule />
        <MenuItem icon={<UserPlus size={14} />} reason={reserved('share')} onSelect={() => setAsking('share')}>
          Share…
        </MenuItem>
        {session.access !== 'own' && (
          <MenuItem icon={<LogOut size={14} />} onSelect={() => setAsking('leave')}>
            Leave…
          </MenuItem>
        )}
        <MenuItem icon={<Trash2 size={14} />} tone="danger" reason={reserved('delete')} onSelect={() => setAsking('delete')}>
          Delete…
        </MenuItem>
      </Menu>
      {asking === 'share' && <ShareDialog session={session} onClose={() => setAsking(null)} />}
      {asking === 'leave' && <LeaveDialog session={session} onClose={() => setAsking(null)} onLeft={() => onDeleted?.()} />}
      {asking === 'delete' && (
        <DeleteDialog
          session={session}
          onClose={() => setAsking(null)}
          onDeleted={() => {
            setAsking(null)
            onDeleted?.()
          }}
        />
      )}
    </>
  )
}
