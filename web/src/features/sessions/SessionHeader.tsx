// The head of a session's page: name, status, actions, layout.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowLeft, Columns2, Eye, Info, Maximize2, PanelTop, Play, RotateCw, Square, UserPlus } from 'lucide-react'
import { useState } from 'react'
import { client, unwrap } from '../../api/client'
import { describe } from '../../api/problem'
import { sessionQuery, sessionsQuery } from '../../api/queries'
import type { Session } from '../../api/types'
import { Badge } from '../../ui/Badge'
import { Button, IconButton } from '../../ui/Button'
import { Segments } from '../../ui/Segments'
import { toast } from '../../ui/toast'
import { onlyLooking } from '../sharing/access'
import { RecordingMark } from '../recording/RecordingMark'
import { ShareDialog } from '../sharing/ShareDialog'
import { BranchBadge } from '../git/BranchBadge'
import { may, useSessionActions } from './actions'
import { AgentIcon } from './AgentIcon'
import { SessionMenu } from './SessionMenu'
import type { SessionLayout } from './sessionSearch'
import { AgentStateBadge, Status } from './Status'
import { nameError } from '../creation/validation'

interface SessionHeaderProps {
  session: Session
  layout: SessionLayout
  wide: boolean
  panelOpen: boolean
  onLayout: (layout: SessionLayout) => void
  onPanel: () => void
  onChanges: () => void
  onDeleted: () => void
}

export function SessionHeader({ session, layout, wide, panelOpen, onLayout, onPanel, onChanges, onDeleted }: SessionHeaderProps) {
  const { turn, busy } = useSessionActions(session)
  const [sharing, setSharing] = useState(false)
  const looking = onlyLooking(session)
  return (
    <header className="flex h-13 shrink-0 items-center gap-2 border-b border-line px-3 sm:px-4">
      <Link to="/" aria-label="All sessions" className="-ml-1 grid size-9 shrink-0 place-items-center rounded-md text-soft hover:bg-hover md:hidden">
        <ArrowLeft size={18} />
      </Link>
      <span className="max-md:hidden">
        <AgentIcon agent={session.agent} size={28} />
      </span>
      <SessionName key={session.name} session={session} />
      <Status status={session.status} />
      {session.recording && <RecordingMark />}
      <span className="hidden sm:inline">
        <AgentStateBadge session={session} />
      </span>
      <BranchBadge session={session} onOpen={onChanges} />
      {looking !== null && (
        <Badge title={looking}>
          <Eye size={12} /> <span className="max-sm:sr-only">Look only</span>
        </Badge>
      )}
      <span className="flex-1" />
      <span className="hidden items-center gap-1.5 sm:flex">
        {looking !== null && session.status === 'running' && (
          <Button size="small" look="quiet" reason={looking}>
            <Square size={11} fill="currentColor" /> Stop
          </Button>
        )}
        {looking !== null && session.status === 'stopped' && (
          <Button size="small" reason={looking}>
            <Play size={13} /> Start
          </Button>
        )}
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
            <Square size={11} fill="currentColor" /> Stop
          </Button>
        )}
      </span>
      {may(session, 'share') && (
        <Button size="small" look="quiet" aria-label="Share" className="max-sm:px-1.5" onClick={() => setSharing(true)}>
          <UserPlus size={15} />
          <span className="max-sm:hidden">Share</span>
          {session.shared > 0 && <span className="text-faint tabular-nums">{session.shared}</span>}
        </Button>
      )}
      {wide && (
        <Segments
          label="Layout"
          value={layout}
          onChange={onLayout}
          choices={[
            { value: 'split', label: 'Side by side', icon: <Columns2 size={14} />, hideLabel: true },
            { value: 'tabs', label: 'Tabs', icon: <PanelTop size={14} />, hideLabel: true },
            { value: 'full', label: 'Full screen', icon: <Maximize2 size={13} />, hideLabel: true },
          ]}
        />
      )}
      <IconButton label="Details" aria-pressed={panelOpen} onClick={onPanel} className={panelOpen ? 'bg-active text-text' : ''}>
        <Info size={16} />
      </IconButton>
      <SessionMenu session={session} onDeleted={onDeleted} />
      {sharing && <ShareDialog session={session} onClose={() => setSharing(false)} />}
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
      <h1 className="min-w-0 font-semibold tracking-tight">
        {may(session, 'update') ? (
          <button
            type="button"
            title="Rename"
            className="block max-w-full truncate rounded-md px-1.5 py-0.5 hover:bg-hover"
            onClick={() => setDraft(session.name)}
          >
            {session.name}
          </button>
        ) : (
          <span className="block truncate">{session.name}</span>
        )}
      </h1>
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
