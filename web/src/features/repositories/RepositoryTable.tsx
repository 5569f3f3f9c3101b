// The repositories as a table that loses its lesser columns on a phone.
import { Link, useNavigate } from '@tanstack/react-router'
import { CircleDot, ExternalLink, GitBranch, MoreHorizontal, Pencil, SquareTerminal, Trash2 } from 'lucide-react'
import type { Repository } from '../../api/types'
import { Ago } from '../../ui/Ago'
import { Badge } from '../../ui/Badge'
import { IconButton } from '../../ui/Button'
import { classes } from '../../ui/classes'
import { Menu, MenuItem, MenuRule } from '../../ui/Menu'
import { Status } from '../sessions/Status'
import { standing, trouble } from './standing'

export type RepositoryAct = 'edit' | 'delete'

interface RepositoryTableProps {
  repositories: readonly Repository[]
  onAct: (repository: Repository, act: RepositoryAct) => void
}

const HEAD = 'px-3 py-2 text-left text-2xs font-medium text-faint whitespace-nowrap first:pl-4'
const CELL = 'px-3 py-2.5 align-top first:pl-4'
const WIDE = 'max-md:hidden'

export function RepositoryTable({ repositories, onAct }: RepositoryTableProps) {
  return (
    <div className="overflow-hidden rounded-xl border border-line bg-surface shadow-card">
      <table className="w-full border-collapse text-sm">
        <thead className="max-md:sr-only">
          <tr className="border-b border-line">
            <th className={HEAD}>Repository</th>
            <th className={classes(HEAD, WIDE)}>Branch</th>
            <th className={classes(HEAD, WIDE)}>Session</th>
            <th className={classes(HEAD, WIDE)}>Port</th>
            <th className={HEAD}>
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {repositories.map((repository) => (
            <Row key={repository.id} repository={repository} onAct={(act) => onAct(repository, act)} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({ repository, onAct }: { repository: Repository; onAct: (act: RepositoryAct) => void }) {
  const wrong = trouble(repository)
  return (
    <tr data-repository={repository.name} className="border-b border-line last:border-0 hover:bg-hover">
      <td className={classes(CELL, 'w-full max-w-0')}>
        <Link to="/sessions/$id" params={{ id: repository.sessionId }} className="block truncate font-medium hover:underline">
          {repository.name}
        </Link>
        <span className="block truncate text-2xs text-faint" title={repository.gitUrl ?? undefined}>
          {repository.gitUrl ?? 'made here'}
          {repository.path !== '' && ` · in ${repository.path}`}
        </span>
        {wrong !== null && <span className="mt-0.5 block text-xs text-err">{wrong}</span>}
        <span className="mt-1.5 flex flex-wrap items-center gap-x-4 gap-y-1 md:hidden">
          <Standing repository={repository} />
          <Status status={repository.sessionStatus} />
          <PortOf repository={repository} />
        </span>
      </td>
      <td className={classes(CELL, WIDE)}>
        <Standing repository={repository} />
      </td>
      <td className={classes(CELL, WIDE)}>
        <span className="flex max-w-44 flex-col gap-0.5">
          <Link to="/sessions/$id" params={{ id: repository.sessionId }} className="truncate text-soft hover:text-text hover:underline">
            {repository.sessionName}
          </Link>
          <Status status={repository.sessionStatus} />
        </span>
      </td>
      <td className={classes(CELL, WIDE)}>
        <PortOf repository={repository} />
      </td>
      <td className={CELL}>
        <span className="flex justify-end">
          <Actions repository={repository} onAct={onAct} />
        </span>
      </td>
    </tr>
  )
}

function Standing({ repository }: { repository: Repository }) {
  const { branch, named, dirty, distance, old } = standing(repository)
  return (
    <span className={classes('flex max-w-56 flex-col gap-0.5', old && 'opacity-70')}>
      <span className="flex min-w-0 items-center gap-1.5">
        <GitBranch size={13} aria-hidden="true" className="shrink-0 text-faint" />
        <span className={classes('truncate', named ? 'font-mono text-xs' : 'text-xs text-faint')}>{branch}</span>
        {dirty === true && (
          <Badge tone="need" title="Something is not committed">
            <CircleDot size={10} aria-hidden="true" /> changed
          </Badge>
        )}
      </span>
      {(distance !== '' || old) && (
        <span className="text-2xs whitespace-nowrap text-faint">
          {distance}
          {distance !== '' && old && ' · '}
          {old && repository.asOf !== null && (
            <>
              as of <Ago at={repository.asOf} />
            </>
          )}
        </span>
      )}
    </span>
  )
}

/** The number, and the way to what listens there for whoever may drive the session. */
function PortOf({ repository }: { repository: Repository }) {
  const { port, listening, previewUrl, sessionId, allowedActions } = repository
  const opens = listening && previewUrl !== null && allowedActions.includes('update')
  if (!opens) {
    return (
      <span className="font-mono text-xs text-soft tabular-nums" title={listening ? 'A program listens there' : 'Nothing listens there now'}>
        {port}
        {listening && <span className="ml-1.5 font-sans text-2xs text-run">open</span>}
      </span>
    )
  }
  return (
    <a href={`/preview/${sessionId}/${port}`} target="_blank" rel="noopener" className="inline-flex items-center gap-1 font-mono text-xs text-ember tabular-nums hover:underline">
      {port}
      <ExternalLink size={12} aria-hidden="true" />
      <span className="sr-only">the preview of {repository.name}</span>
    </a>
  )
}

function Actions({ repository, onAct }: { repository: Repository; onAct: (act: RepositoryAct) => void }) {
  const may = repository.allowedActions
  return (
    <Menu
      trigger={
        <IconButton label={`Actions for ${repository.name}`}>
          <MoreHorizontal size={16} />
        </IconButton>
      }
    >
      <MenuLink id={repository.sessionId} />
      {may.includes('update') && (
        <MenuItem icon={<Pencil size={14} />} onSelect={() => onAct('edit')}>
          Edit
        </MenuItem>
      )}
      {may.includes('delete') && (
        <>
          <MenuRule />
          <MenuItem icon={<Trash2 size={14} />} tone="danger" onSelect={() => onAct('delete')}>
            Delete
          </MenuItem>
        </>
      )}
    </Menu>
  )
}

function MenuLink({ id }: { id: string }) {
  const navigate = useNavigate()
  return (
    <MenuItem icon={<SquareTerminal size={14} />} onSelect={() => void navigate({ to: '/sessions/$id', params: { id } })}>
      Open the session
    </MenuItem>
  )
}
