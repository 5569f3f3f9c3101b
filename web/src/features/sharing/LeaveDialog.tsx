// Giving back what somebody else shared.
import { useQueryClient } from '@tanstack/react-query'
import { client, settle } from '../../api/client'
import { sessionsQuery } from '../../api/queries'
import type { Session } from '../../api/types'
import { Confirm } from '../../ui/Confirm'
import { useUser } from '../auth/useUser'

export function LeaveDialog({ session, onClose, onLeft }: { session: Session; onClose: () => void; onLeft: () => void }) {
  const queries = useQueryClient()
  const user = useUser()
  if (user === null) return null
  return (
    <Confirm
      title={`Leave “${session.name}”?`}
      action="Leave"
      onConfirm={async () => {
        await settle(client.DELETE('/api/sessions/{id}/shares/{user}', { params: { path: { id: session.id, user: user.id } } }))
        onLeft()
        await queries.invalidateQueries({ queryKey: sessionsQuery.queryKey })
      }}
      onClose={onClose}
    >
      You see it no more until {session.owner.username} shares it with you again. It goes on as it is.
    </Confirm>
  )
}
