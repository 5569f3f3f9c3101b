// No page at this address.
import { Link } from '@tanstack/react-router'
import { buttonClass } from '../ui/Button'
import { Logo } from '../ui/Logo'
import { Notice } from '../ui/Notice'

export function NotFoundPage() {
  return (
    <Notice
      room="page"
      icon={<Logo size={44} />}
      title="Nobody lives at this address"
      actions={
        <Link to="/" className={buttonClass('plain')}>
          To the sessions
        </Link>
      }
    >
      The page does not exist, or it is not yours to see.
    </Notice>
  )
}
