// What can be done with a recording as a whole: link to a moment of it, save it, delete it, look at it over the whole screen.
import { useQueryClient } from '@tanstack/react-query'
import { Download, Maximize2, Minimize2, RefreshCw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { describe } from '../../api/problem'
import type { Session } from '../../api/types'
import { IconButton } from '../../ui/Button'
import { Confirm } from '../../ui/Confirm'
import { saveFile } from '../../ui/saveFile'
import { toast } from '../../ui/toast'
import { may } from '../sessions/actions'
import { onlyLooking } from '../sharing/access'
import { toggleFullScreen, useFullScreen } from './fullScreen'
import { deleteRecording, downloadRecording, recordingKey } from './load'
import { castName } from './words'

interface ReplayActionsProps {
  session: Session
  terminal: string
  onReload: () => void
}

export function ReplayActions({ session, terminal, onReload }: ReplayActionsProps) {
  const queries = useQueryClient()
  const [asking, setAsking] = useState(false)
  const [saving, setSaving] = useState(false)
  const fullScreen = useFullScreen()
  const save = async (): Promise<void> => {
    setSaving(true)
    try {
      saveFile(castName(session.name, terminal), 'application/x-asciicast', await downloadRecording(session.id, terminal))
    } catch (error) {
      toast(describe(error), 'error')
    }
    setSaving(false)
  }
  const remove = async (): Promise<void> => {
    await deleteRecording(session.id, terminal)
    queries.setQueryData(recordingKey(session.id, terminal), null)
    toast('The recording is deleted')
  }
  return (
    <>
      {session.recording && session.status === 'running' && (
        <IconButton label="Load what came since" onClick={onReload}>
          <RefreshCw size={14} />
        </IconButton>
      )}
      <IconButton label="Download the recording" disabled={saving} onClick={() => void save()}>
        <Download size={14} />
      </IconButton>
      <IconButton label="Delete the recording" reason={may(session, 'update') ? null : onlyLooking(session)} onClick={() => setAsking(true)}>
        <Trash2 size={14} />
      </IconButton>
      {fullScreen !== 'unavailable' && (
        <IconButton label={fullScreen === 'full' ? 'Leave full screen' : 'Full screen'} onClick={toggleFullScreen}>
          {fullScreen === 'full' ? <Minimize2 size={14} /> : <Maximize2 size={14} />}
        </IconButton>
      )}
      {asking && (
        <Confirm title="Delete this recording?" action="Delete recording" onConfirm={remove} onClose={() => setAsking(false)}>
          What the terminal “{terminal}” of “{session.name}” showed until now can then be replayed by nobody. This cannot be undone.
          {session.recording && ' What it shows now, and from now on, goes on being recorded.'}
        </Confirm>
      )}
    </>
  )
}
