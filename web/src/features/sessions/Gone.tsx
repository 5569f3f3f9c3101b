// A session that was open on this page and is there no more, or is no longer this person's to see.
import { Link } from '@tanstack/react-router'
import { DoorClosed } from 'lucide-react'
import { buttonClass } from '../../ui/Button'
import { Notice } from '../../ui/Notice'

export function Gone({ name }: { name: string }) {
  return (
    <Notice
      room="page"
      icon={<DoorClosed size={34} />}
      title={`“${name}” is no longer open to you`}
      actions={
        <Link to="/" className={buttonClass('primary')}>
          To the sessions
        </Link>
      }
    >
      It was deleted, or whoever owns it does not share it with you any more. Ask them if you still need it.
    </Notice>
  )
}
