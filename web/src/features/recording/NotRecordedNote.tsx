// Over the replay of a session that is not recorded: there is something to see, and it will not grow. The server hands out what was recorded
// before, or what the running terminal still keeps.
import { useQuery } from '@tanstack/react-query'
import { Video } from 'lucide-react'
import { configQuery } from '../../api/queries'
import type { Session } from '../../api/types'
import { Button } from '../../ui/Button'
import { may } from '../sessions/actions'
import { useRecordingSwitch } from './useRecordingSwitch'

export function NotRecordedNote({ session }: { session: Session }) {
  const { data: config } = useQuery(configQuery)
  const { turn, busy } = useRecordingSwitch(session.id)
  if (session.recording || session.status !== 'running') return null
  return (
    <div role="status" className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-need-wash px-3 py-1.5 text-xs text-need sm:px-4">
      This session is not recorded. Here is what was recorded before, or is still kept of this terminal.
      {config?.recordings === 'asked' && may(session, 'update') && (
        <Button size="small" disabled={busy} onClick={() => turn(true)}>
          <Video size={13} /> Record from now on
        </Button>
      )}
    </div>
  )
}
