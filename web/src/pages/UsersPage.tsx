// The people of the house, for administrators.
import { useMutation, useQuery } from '@tanstack/react-query'
import { UserPlus } from 'lucide-react'
import { useState } from 'react'
import { usersQuery } from '../api/people'
import { describe } from '../api/problem'
import type { Account } from '../api/types'
import { useUser } from '../features/auth/useUser'
import { CreateUserDialog } from '../features/users/CreateUserDialog'
import { DeleteUserDialog } from '../features/users/DeleteUserDialog'
import { EditUserDialog } from '../features/users/EditUserDialog'
import { ResetPasswordDialog } from '../features/users/ResetPasswordDialog'
import { selectUsers } from '../features/users/selectUsers'
import { useUserChanges } from '../features/users/userChanges'
import { UserTable } from '../features/users/UserTable'
import type { UserAct } from '../features/users/UserTable'
import { Button } from '../ui/Button'
import { Confirm } from '../ui/Confirm'
import { Notice } from '../ui/Notice'
import { SearchField } from '../ui/SearchField'
import { toast } from '../ui/toast'
import { useTitle } from '../ui/useTitle'
import { PendingPage } from './PendingPage'

export function UsersPage() {
  const me = useUser()
  const { data: users, error, refetch } = useQuery(usersQuery)
  const { change } = useUserChanges()
  const [text, setText] = useState('')
  const [open, setOpen] = useState<{ user: Account; act: UserAct } | 'create' | null>(null)
  const enable = useMutation({
    mutationFn: (user: Account) => change(user.id, { disabled: false }),
    onSuccess: (_, user) => toast(`${user.username} can log in again`),
    onError: (failure) => toast(describe(failure), 'error'),
  })
  useTitle('People')
  if (users === undefined) {
    return error === null ? (
      <PendingPage />
    ) : (
      <Notice title="The people could not be read" actions={<Button onClick={() => void refetch()}>Try again</Button>}>
        {describe(error)}
      </Notice>
    )
  }
  const shown = selectUsers(users, text)
  const act = (user: Account, what: UserAct): void => {
    if (what === 'enable') enable.mutate(user)
    else setOpen({ user, act: what })
  }
  return (
    <>
      <div className="mb-4 flex items-center gap-2">
        <SearchField label="Search people" className="flex-1 sm:max-w-64" value={text} onChange={setText} />
        <span className="hidden flex-1 sm:block" />
        <Button look="primary" onClick={() => setOpen('create')}>
          <UserPlus size={15} /> New person
        </Button>
      </div>
      {shown.length === 0 ? (
        <Notice title="Nobody matches" actions={<Button onClick={() => setText('')}>Clear the search</Button>}>
          There are {users.length} people in this house.
        </Notice>
      ) : (
        <UserTable users={shown} me={me?.id} onAct={act} />
      )}
      {open === 'create' && <CreateUserDialog onClose={() => setOpen(null)} />}
      {open !== null && open !== 'create' && <ActDialog user={open.user} act={open.act} onClose={() => setOpen(null)} />}
    </>
  )
}

function ActDialog({ user, act, onClose }: { user: Account; act: UserAct; onClose: () => void }) {
  const { change } = useUserChanges()
  switch (act) {
    case 'edit':
      return <EditUserDialog user={user} onClose={onClose} />
    case 'password':
      return <ResetPasswordDialog user={user} onClose={onClose} />
    case 'delete':
      return <DeleteUserDialog user={user} onClose={onClose} />
    case 'disable':
      return (
        <Confirm
          title={`Disable ${user.username}?`}
          action={`Disable ${user.username}`}
          onConfirm={() => change(user.id, { disabled: true })}
          onClose={onClose}
        >
          They are logged out everywhere at once, and their tokens stop working. Their sessions go on running.
        </Confirm>
      )
    case 'enable':
      return null
  }
}
