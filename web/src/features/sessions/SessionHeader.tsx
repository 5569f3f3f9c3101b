// The head of a session's page: name, status, actions, layout.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Columns2, Info, Maximize2, Pencil, Play, RotateCw, Square, SquareSplitHorizontal } from 'lucide-react'
import { useState } from 'react'
import { client, unwrap } from '../../api/client'
import { describe } from '../../api/problem'
import { sessionQuery, sessionsQuery } from '../../api/queries'
import type { Session } from '../../api/types'
import { Button, IconButton } from '../../ui/Button'
import { Segments } from '../../ui/Segments'
import { toast } from '../../ui/toast'
import { may, useSessionActions } from './actions'
import { AgentIcon } from './AgentIcon'
import { SessionMenu } from './SessionMenu'
import type { SessionLayout } from './sessionSearch'
import { AgentStateBadge, Status } from './Status'
import { nameError } from './validation'

interface SessionHeaderProps {
  session: Session
  layout: SessionLayout
  wide: boolean
  panelOpen: boolean
  onLayout: (layout: SessionLayout) => void
  onPanel: () => void
  onDeleted: () => void
}

export function SessionHeader({ session, layout, wide, panelOpen, onLayout, onPanel, onDeleted }: SessionHeaderProps) {
  const { turn, busy } = useSessionActions(session)
  return (
    <header className="flex h-13 shrink-0 items-center gap-2.5 border-b border-line px-3 sm:px-4">
      <AgentIcon agent={session.agent} size={28} />
      <SessionName key={session.name} session={session} />
      <Status status={session.status} />
      <span className="hidden sm:inline">
        <AgentStateBadge session={session} />
      </span>
      <span className="flex-1" />
      <span className="hidden items-center gap-1.5 sm:flex">
        {may(session, 'start') && (
          <Button size="small" look="primary" disabled={busy} onClick={() => turn('start')}>
            <Play size={13} /> Start
          </Button>
        )}
        {may(session, 'restart') && (
          <IconButton label="Restart the session" disabled={busy} onClick={() => turn('restart')}>
            <RotateCw size={15} />
          </IconButton>
        )}
        {may(session, 'stop') && (
          <Button size="small" look="quiet" disabled={busy} onClick={() => turn('stop')}>
            <Square size={12} /> Stop
          </Button>
        )}
      </span>
      {wide && (
        <Segments
          label="Layout"
          value={layout}
          onChange={onLayout}
          choices={[
            { value: 'split', label: 'Side by side', icon: <Columns2 size={14} />, hideLabel: true },
            { value: 'tabs', label: 'Tabs', icon: <SquareSplitHorizontal size={14} className="rotate-90" />, hideLabel: true },
            { value: 'full', label: 'Full screen', icon: <Maximize2 size={13} />, hideLabel: true },
          ]}
        />
      )}
      <IconButton label="Details" aria-pressed={panelOpen} onClick={onPanel} className={panelOpen ? 'bg-active text-text' : ''}>
        <Info size={16} />
      </IconButton>
      <SessionMenu session={session} onDeleted={onDeleted} />
    </header>
  )
}

function SessionName({ session }: { session: Session }) {
  const queries = useQueryClient()
  const [draft, setDraft] = useState<string | null>(null)
  const rename = useMutation({
    mutationFn: (name: string) =>
      unwrap(client.PATCH('/api/sessions/{id}', { params: { path: { id: session.id } }, body: { name } })),
    onSuccess: (changed) => {
      queries.setQueryData(sessionQuery(session.id).queryKey, changed)
      void queries.invalidateQueries({ queryKey: sessionsQuery.queryKey })
    },
    onError: (error) => toast(describe(error), 'error'),
    onSettled: () => setDraft(null),
  })
  if (draft === null) {
    return (
      <span className="group/name flex min-w-0 items-center gap-1">
        <h1 className="truncate font-semibold tracking-tight">{session.name}</h1>
        {may(session, 'update') && (
          <IconButton
            label="Rename"
            className="hidden size-6 opacity-0 group-hover/name:opacity-100 focus-visible:opacity-100 sm:inline-grid"
            onClick={() => setDraft(session.name)}
          >
            <Pencil size={12} />
          </IconButton>
        )}
      </span>
    )
  }
  const problem = nameError(draft)
  const finish = (): void => {
    if (problem !== null || draft === session.name) setDraft(null)
    else rename.mutate(draft)
  }
  return (
    <input
      autoFocus
      aria-label="Name of the session"
      aria-invalid={problem !== null}
      title={problem ?? undefined}
      value={draft}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={finish}
      onKeyDown={(event) => {
        if (event.key === 'Enter') finish()
        if (event.key === 'Escape') setDraft(null)
      }}
      className="h-8 w-56 min-w-0 rounded-md border border-ember bg-surface px-2 font-semibold tracking-tight ring-3 ring-ember/20 outline-none aria-invalid:border-err aria-invalid:ring-err/20"
    />
  )
}
