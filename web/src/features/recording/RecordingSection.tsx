// Whether a session's terminals are recorded, among its details, and the ways to their replays.
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { History } from 'lucide-react'
import { configQuery } from '../../api/queries'
import type { Session } from '../../api/types'
import { buttonClass } from '../../ui/Button'
import { Switch } from '../../ui/Switch'
import { may } from '../sessions/actions'
import { FactSection } from '../sessions/Facts'
import { RECORDING_HINT } from './policy'
import { useRecordingSwitch } from './useRecordingSwitch'

export function RecordingSection({ session }: { session: Session }) {
  const { data: config } = useQuery(configQuery)
  const { turn, busy } = useRecordingSwitch(session.id)
  if (config === undefined || config.recordings === 'off') return null
  return (
    <FactSection title="Recording">
      <Switch
        label="Record terminals"
        hint={RECORDING_HINT[config.recordings]}
        checked={session.recording}
        disabled={busy || config.recordings === 'always' || !may(session, 'update')}
        onChange={turn}
      />
      <ul className="mt-3 flex flex-wrap gap-2">
        {session.terminals.map(({ name, title }) => (
          <li key={name}>
            <Link to="/sessions/$id/terminals/$name/replay" params={{ id: session.id, name }} className={buttonClass('plain', 'small')}>
              <History size={13} /> Replay {title || name}
            </Link>
          </li>
        ))}
      </ul>
    </FactSection>
  )
}
