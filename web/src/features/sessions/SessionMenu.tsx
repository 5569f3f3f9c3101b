// The menu of one session: every action, those that are not allowed now greyed out.
import { useNavigate } from '@tanstack/react-router'
import { MoreHorizontal, Play, RotateCw, Square, SquareArrowOutUpRight, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { Session } from '../../api/types'
import { IconButton } from '../../ui/Button'
import { Menu, MenuItem, MenuRule } from '../../ui/Menu'
import { may, useSessionActions } from './actions'
import { DeleteDialog } from './DeleteDialog'

interface SessionMenuProps {
  session: Session
  onDeleted?: () => void
}

export function SessionMenu({ session, onDeleted }: SessionMenuProps) {
  const navigate = useNavigate()
  const { turn, busy } = useSessionActions(session)
  const [deleting, setDeleting] = useState(false)
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
        <MenuItem icon={<Trash2 size={14} />} tone="danger" disabled={!may(session, 'delete')} onSelect={() => setDeleting(true)}>
          Delete…
        </MenuItem>
      </Menu>
      {deleting && (
        <DeleteDialog
          session={session}
          onClose={() => setDeleting(false)}
          onDeleted={() => {
            setDeleting(false)
            onDeleted?.()
          }}
        />
      )}
    </>
  )
}
