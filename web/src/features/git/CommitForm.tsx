// The commit: what to say of it, and which files it takes.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client, unwrap } from '../../api/client'
import { gitKey } from '../../api/git'
import { describe, hasCode } from '../../api/problem'
import type { GitStatus, Session } from '../../api/types'
import { Button } from '../../ui/Button'
import { FormError } from '../../ui/FormError'
import { toast } from '../../ui/toast'
import { may } from '../sessions/actions'
import { pathsOf } from './status'
import { files } from './words'

interface CommitFormProps {
  session: Session
  status: GitStatus
  chosen: ReadonlySet<string>
  onCommitted: () => void
}

export function CommitForm({ session, status, chosen, onCommitted }: CommitFormProps) {
  const queries = useQueryClient()
  const [message, setMessage] = useState('')
  const commit = useMutation({
    mutationFn: (paths: string[]) => {
      const words = message.trim()
      const body = { paths, ...(words === '' ? {} : { message: words }) }
      return unwrap(client.POST('/api/sessions/{id}/git/commit', { params: { path: { id: session.id } }, body }))
    },
    onSuccess: (made) => {
      toast(`Committed ${made.hash.slice(0, 7)}: ${made.subject}`)
      setMessage('')
      onCommitted()
    },
    onSettled: () => queries.invalidateQueries({ queryKey: gitKey(session.id) }),
  })
  const bar = barTo(session, status, chosen)
  const submit = (): void => {
    const paths = pathsOf(chosen, status)
    if (bar === null && paths !== null && !commit.isPending) commit.mutate(paths)
  }
  return (
    <form
      className="space-y-2 border-b border-line p-3"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <textarea
        aria-label="Message of the commit"
        placeholder="Message (left empty, it is made from the change)"
        value={message}
        disabled={!may(session, 'drive')}
        onChange={(event) => setMessage(event.target.value)}
        onKeyDown={(event) => {
          // To leave the message is not to close the panel around it.
          if (event.key === 'Escape') event.stopPropagation()
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit()
        }}
        className="field-sizing-content max-h-48 min-h-9 w-full resize-none rounded-lg border border-line-strong bg-surface px-2.5 py-1.5 text-sm focus:border-ember focus:ring-3 focus:ring-ember/20 focus:outline-none disabled:opacity-60 coarse:min-h-11 coarse:text-[16px]"
      />
      <div className="flex items-center justify-between gap-2">
        <p className="min-w-0 text-2xs text-faint text-pretty">{hintOf(status, chosen)}</p>
        <Button size="small" look="primary" type="submit" reason={bar} disabled={commit.isPending}>
          {commit.isPending ? 'Committing…' : status.underway === null ? `Commit ${files(chosen.size)}` : 'Commit all of it'}
        </Button>
      </div>
      {commit.isError && (
        <FormError>
          <span className="block first-letter:uppercase">{describe(commit.error)}</span>
          {hasCode(commit.error, 'git.no_identity') && ' A session takes its name and address over when it is created.'}
        </FormError>
      )}
    </form>
  )
}

function barTo(session: Session, status: GitStatus, chosen: ReadonlySet<string>): string | null {
  if (!may(session, 'drive')) return 'To commit takes the right to drive this session.'
  if (status.counts.conflicted > 0) return 'Settle the conflicts first.'
  if (chosen.size === 0 && status.underway === null) return 'Choose what to commit.'
  return pathsOf(chosen, status) === null ? 'Too many files to name one by one: choose all of them, or stage them in a terminal.' : null
}

function hintOf(status: GitStatus, chosen: ReadonlySet<string>): string {
  if (status.underway !== null || status.counts.staged === 0) return ''
  const paths = pathsOf(chosen, status)
  return paths?.length === 0 ? 'As they are staged.' : 'As they are now; what else is staged stays staged.'
}
