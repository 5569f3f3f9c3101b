// What is shown when the page itself fails: the truth in a sentence, and a way on.
import { CircleAlert } from 'lucide-react'
import { useEffect } from 'react'
import { describe } from '../api/problem'
import { reportError } from '../features/errors/reportError'
import { Button } from '../ui/Button'
import { copyText } from '../ui/clipboard'
import { Notice } from '../ui/Notice'

export function ErrorPage({ error }: { error: unknown }) {
  useEffect(() => reportError(error), [error])
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return (
    <Notice
      room="page"
      icon={<CircleAlert size={36} className="text-err" />}
      title="Something broke on this page"
      actions={
        <>
          <Button look="primary" onClick={() => location.reload()}>
            Reload
          </Button>
          <Button onClick={() => void copyText(`${location.href}\n${details}`, 'Details')}>Copy details</Button>
        </>
      }
    >
      <p>{describe(error)}</p>
      <p className="mt-1 text-faint">Your sessions are not affected; they run on the server.</p>
    </Notice>
  )
}
