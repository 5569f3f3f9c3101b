// How commits and checkpoints that make themselves stand: what comes next, what waits, and which files were refused.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { CloudUpload, Settings2, ShieldAlert, TimerReset } from 'lucide-react'
import { useState } from 'react'
import { client, unwrap } from '../../api/client'
import { autoCommitQuery, gitKey } from '../../api/git'
import { describe } from '../../api/problem'
import type { AutoCommitState, Session } from '../../api/types'
import { Ago } from '../../ui/Ago'
import { Button, IconButton } from '../../ui/Button'
import { classes } from '../../ui/classes'
import { toast } from '../../ui/toast'
import { may } from '../sessions/actions'
import { pushStanding, standingOf } from './autoCommit'
import type { Standing } from './autoCommit'
import { AutoCommitDialog } from './AutoCommitDialog'

/** How often it is looked at, in milliseconds: what begins to wait is no event. */
const PACE = 5000
/** The most files that are named. */
const NAMED = 6

export function AutoCommitBar({ session }: { session: Session }) {
  const queries = useQueryClient()
  const [editing, setEditing] = useState(false)
  const { data } = useQuery({ ...autoCommitQuery(session.id), refetchInterval: PACE })
  const commit = useMutation({
    mutationFn: () => unwrap(client.POST('/api/sessions/{id}/git/autocommit', { params: { path: { id: session.id } }, body: {} })),
    onSuccess: ({ state }) => toast(state?.lastCommit == null ? 'Kept' : `Committed ${state.lastCommit.commit.slice(0, 7)}: ${state.lastCommit.subject}`),
    onError: (error) => toast(describe(error), 'error'),
    onSettled: () => queries.invalidateQueries({ queryKey: gitKey(session.id) }),
  })
  if (data === undefined) return null
  const { settings, state } = data
  const standing = standingOf(settings, state)
  const bar = may(session, 'drive') ? null : 'That takes the right to drive this session.'
  const last = state?.lastCommit ?? null
  return (
    <>
      <div
        data-auto-commit={settings.mode}
        className={classes('flex min-h-9 items-center gap-2 border-b border-line py-1 pr-1.5 pl-3 text-xs', standing.tone === 'need' ? 'bg-need-wash text-need' : 'text-faint')}
      >
        <TimerReset size={14} aria-hidden="true" className="shrink-0" />
        <p className="min-w-0 flex-1 text-pretty">
          {standing.text}
          {settings.mode === 'commit' && last !== null && (
            <>
              {' · last '}
              <Ago at={last.at} />
            </>
          )}
        </p>
        {settings.mode === 'commit' && state?.pending === true && state.activity !== 'blocked' && (
          <Button size="small" look="quiet" reason={bar} disabled={commit.isPending} onClick={() => commit.mutate()}>
            Keep it now
          </Button>
        )}
        <IconButton label="What is committed by itself" reason={bar} onClick={() => setEditing(true)}>
          <Settings2 size={14} />
        </IconButton>
      </div>
      <Pushing standing={pushStanding(settings, state?.push)} files={state?.push.files ?? []} />
      {state !== null && state.refused.length > 0 && <Refused refused={state.refused} />}
      {editing && <AutoCommitDialog session={session} settings={settings} onClose={() => setEditing(false)} />}
    </>
  )
}

function Pushing({ standing, files }: { standing: Standing | null; files: readonly string[] }) {
  if (standing === null) return null
  const isNeeded = standing.tone === 'need'
  return (
    <div
      role={isNeeded ? 'alert' : undefined}
      data-pushing={standing.tone}
      className={classes('flex min-h-9 items-start gap-2 border-b border-line px-3 py-2 text-xs', isNeeded ? 'bg-need-wash text-need' : 'text-faint')}
    >
      <CloudUpload size={14} aria-hidden="true" className="mt-px shrink-0" />
      <div className="min-w-0">
        <p className="wrap-anywhere text-pretty">{standing.text}</p>
        {files.length > 0 && (
          <ul className="mt-1 space-y-0.5 font-mono">
            {files.slice(0, NAMED).map((file) => (
              <li key={file} className="wrap-anywhere">
                {file}
              </li>
            ))}
            {files.length > NAMED && <li className="font-sans">and {files.length - NAMED} more</li>}
          </ul>
        )}
      </div>
    </div>
  )
}

function Refused({ refused }: { refused: AutoCommitState['refused'] }) {
  return (
    <div role="alert" className="flex gap-2.5 border-b border-line bg-need-wash px-3 py-2 text-xs text-need">
      <ShieldAlert size={14} className="mt-px shrink-0" />
      <div className="min-w-0">
        <p>{refused.length === 1 ? 'A file is' : `${refused.length} files are`} not kept by itself. Have git ignore what should stay out; commit by hand what is meant to be in.</p>
        <ul className="mt-1 space-y-0.5">
          {refused.slice(0, NAMED).map((file) => (
            <li key={file.path} className="wrap-anywhere">
              <code className="font-mono">{file.path}</code>: it {file.reason}
            </li>
          ))}
          {refused.length > NAMED && <li>and {refused.length - NAMED} more</li>}
        </ul>
      </div>
    </div>
  )
}
