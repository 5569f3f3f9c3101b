// Whose repository a session works in, and on which branch it began.
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { sessionsQuery } from '../../api/queries'
import type { Session } from '../../api/types'
import { Fact } from './Facts'

export function WorktreeFacts({ worktree }: { worktree: NonNullable<Session['worktree']> }) {
  const { data: sessions } = useQuery(sessionsQuery)
  const base = sessions?.find((session) => session.id === worktree.base)
  return (
    <>
      <Fact name="Repository of">
        <Link to="/sessions/$id" params={{ id: worktree.base }} className="text-ember hover:underline">
          {base?.name ?? 'another session'}
        </Link>
      </Fact>
      <Fact name="Began on" mono="yes">
        {worktree.branch}
      </Fact>
    </>
  )
}
