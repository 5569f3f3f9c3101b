// Says, wherever a session is shown, that its terminals are recorded: nobody types into a recording without knowing.
import { Badge } from '../../ui/Badge'

export function RecordingMark() {
  return (
    <Badge title="The terminals of this session are recorded">
      <span aria-hidden="true" className="size-2 rounded-full bg-err" /> <span className="max-sm:sr-only">Recorded</span>
    </Badge>
  )
}
