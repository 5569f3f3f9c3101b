// What stands in place of a replay where nothing was recorded: why, and how it would be.
import { useQuery } from '@tanstack/react-query'
import { Video, VideoOff } from 'lucide-react'
import { configQuery } from '../../api/queries'
import type { Session } from '../../api/types'
import { Button } from '../../ui/Button'
import { Notice } from '../../ui/Notice'
import { may } from '../sessions/actions'
import { useRecordingSwitch } from './useRecordingSwitch'

interface NoRecordingProps {
  session: Session
  onReload: () => void
}

export function NoRecording({ session, onReload }: NoRecordingProps) {
  const { data: config } = useQuery(configQuery)
  const { turn, busy } = useRecordingSwitch(session.id)
  if (session.recording) {
    return (
      <Notice icon={<Video size={32} />} title="Nothing is recorded yet" actions={<Button onClick={onReload}>Look again</Button>}>
        The terminals of this session are recorded. As soon as this one shows something, it can be replayed here.
      </Notice>
    )
  }
  if (config?.recordings === 'off') {
    return (
      <Notice icon={<VideoOff size={32} />} title="This terminal was not recorded">
        This server keeps no recordings. Whoever runs it can allow them with the setting <code className="font-mono text-xs">recordings.policy</code>.
      </Notice>
    )
  }
  const mayTurn = may(session, 'update')
  return (
    <Notice
      icon={<VideoOff size={32} />}
      title="This terminal was not recorded"
      actions={
        mayTurn && (
          <Button look="primary" disabled={busy} onClick={() => turn(true)}>
            <Video size={15} /> Record from now on
          </Button>
        )
      }
    >
      {mayTurn
        ? 'Switch recording on, here or in the details of the session, and what its terminals show from then on can be replayed. New sessions have the switch under “More”.'
        : 'Who may work in this session can switch recording on in its details. What its terminals show from then on can be replayed here.'}
    </Notice>
  )
}
