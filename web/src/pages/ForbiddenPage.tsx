// A part of the house that is for others.
import { Link } from '@tanstack/react-router'
import { Lock } from 'lucide-react'
import type { ReactNode } from 'react'
import { buttonClass } from '../ui/Button'
import { Notice } from '../ui/Notice'

export function ForbiddenPage({ children }: { children: ReactNode }) {
  return (
    <Notice
      room="page"
      icon={<Lock size={34} />}
      title="This door is closed to you"
      actions={
        <Link to="/" className={buttonClass('plain')}>
          To the sessions
        </Link>
      }
    >
      {children}
    </Notice>
  )
}
