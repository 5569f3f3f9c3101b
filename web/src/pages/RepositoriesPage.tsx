// The list of repositories: which there are, how each stands, and the way to its session and to what it serves.
import { useQuery } from '@tanstack/react-query'
import { FolderGit2, Plus } from 'lucide-react'
import { useState } from 'react'
import { describe } from '../api/problem'
import { repositoriesQuery } from '../api/repositories'
import type { Repository } from '../api/types'
import { useUser } from '../features/auth/useUser'
import { AddRepositoryDialog } from '../features/repositories/AddRepositoryDialog'
import { DeleteRepositoryDialog } from '../features/repositories/DeleteRepositoryDialog'
import { EditRepositoryDialog } from '../features/repositories/EditRepositoryDialog'
import { RepositoryTable } from '../features/repositories/RepositoryTable'
import type { RepositoryAct } from '../features/repositories/RepositoryTable'
import { selectRepositories } from '../features/repositories/standing'
import { Button } from '../ui/Button'
import { Notice } from '../ui/Notice'
import { SearchField } from '../ui/SearchField'
import { PageHead } from '../ui/Section'
import { useTitle } from '../ui/useTitle'
import { PendingPage } from './PendingPage'

export function RepositoriesPage() {
  const { data: repositories, error, refetch } = useQuery(repositoriesQuery)
  const [open, setOpen] = useState<{ repository: Repository; act: RepositoryAct } | 'add' | null>(null)
  const mayAdd = useUser()?.role !== 'viewer'
  useTitle('Repositories')
  if (repositories === undefined) {
    return error === null ? (
      <PendingPage />
    ) : (
      <Notice title="The repositories could not be read" actions={<Button onClick={() => void refetch()}>Try again</Button>}>
        {describe(error)}
      </Notice>
    )
  }
  return (
    <div className="mx-auto max-w-5xl px-4 py-5 sm:px-8 sm:py-7">
      <PageHead title="Repositories" lead="Git working copies that your sessions hold" />
      {repositories.length === 0 ? (
        <Empty onAdd={mayAdd ? () => setOpen('add') : null} />
      ) : (
        <Filled repositories={repositories} onAdd={mayAdd ? () => setOpen('add') : null} onAct={(repository, act) => setOpen({ repository, act })} />
      )}
      {open === 'add' && <AddRepositoryDialog onClose={() => setOpen(null)} />}
      {open !== null && open !== 'add' && open.act === 'edit' && <EditRepositoryDialog repository={open.repository} onClose={() => setOpen(null)} />}
      {open !== null && open !== 'add' && open.act === 'delete' && <DeleteRepositoryDialog repository={open.repository} onClose={() => setOpen(null)} />}
    </div>
  )
}

function Empty({ onAdd }: { onAdd: (() => void) | null }) {
  return (
    <Notice
      icon={<FolderGit2 size={30} />}
      title="No repositories yet"
      actions={
        onAdd !== null && (
          <Button look="primary" onClick={onAdd}>
            <Plus size={15} /> Add a repository
          </Button>
        )
      }
    >
      Clone one, start an empty one, or put one into the list that a session holds already. Here you see its branch, whether everything is committed, and open
      what it serves on its own port.
    </Notice>
  )
}

interface FilledProps {
  repositories: readonly Repository[]
  onAdd: (() => void) | null
  onAct: (repository: Repository, act: RepositoryAct) => void
}

function Filled({ repositories, onAdd, onAct }: FilledProps) {
  const [text, setText] = useState('')
  const shown = selectRepositories(repositories, text)
  return (
    <>
      <div className="mb-4 flex items-center gap-2">
        <SearchField label="Search repositories" className="flex-1 sm:max-w-64" value={text} onChange={setText} />
        <span className="hidden flex-1 sm:block" />
        {onAdd !== null && (
          <Button look="primary" onClick={onAdd}>
            <Plus size={15} /> Add a repository
          </Button>
        )}
      </div>
      {shown.length === 0 ? (
        <Notice title="Nothing matches" actions={<Button onClick={() => setText('')}>Clear the search</Button>}>
          There are {repositories.length} repositories in the list.
        </Notice>
      ) : (
        <RepositoryTable repositories={shown} onAct={onAct} />
      )}
    </>
  )
}
