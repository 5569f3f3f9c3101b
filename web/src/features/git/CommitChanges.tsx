// What a commit says of itself, and the files that it changed.
import { useQuery } from '@tanstack/react-query'
import { Copy } from 'lucide-react'
import { useState } from 'react'
import { gitDiffQuery } from '../../api/git'
import { describe } from '../../api/problem'
import type { Commit, FileDiff, Session } from '../../api/types'
import { IconButton } from '../../ui/Button'
import { copyText } from '../../ui/clipboard'
import { DiffFileRow } from '../diff/DiffFileRow'
import { beginsOpen } from '../diff/marks'
import type { DiffView } from '../diff/useDiffView'
import { TrackedDiff } from './EntryDiff'

interface CommitChangesProps {
  session: Session
  commit: Commit
  view: DiffView
}

export function CommitChanges({ session, commit, view }: CommitChangesProps) {
  const { data, error } = useQuery(gitDiffQuery(session.id, { to: commit.hash }))
  return (
    <div className="border-b border-line bg-bg">
      <div className="space-y-1.5 px-3 py-2.5 text-xs">
        {commit.body.trim() !== '' && <p className="font-mono wrap-anywhere whitespace-pre-wrap text-soft">{commit.body.trim()}</p>}
        <p className="flex flex-wrap items-center gap-x-1.5 text-faint">
          <span className="wrap-anywhere">
            {commit.author.name} &lt;{commit.author.email}&gt;
          </span>
          <time dateTime={commit.author.at}>{new Date(commit.author.at).toLocaleString()}</time>
          {commit.committer.name !== commit.author.name && <span>committed by {commit.committer.name}</span>}
          <code className="font-mono">{commit.hash.slice(0, 12)}</code>
          <IconButton label="Copy the whole hash" className="size-5" onClick={() => void copyText(commit.hash, 'Hash')}>
            <Copy size={12} />
          </IconButton>
        </p>
      </div>
      {error !== null && data === undefined && <p className="px-3 pb-3 text-xs text-err">{describe(error)}</p>}
      {data === undefined && error === null && <div role="status" aria-label="Comparing" className="skeleton m-3 h-16 rounded-lg" />}
      {data !== undefined && data.files.length === 0 && <p className="px-3 pb-3 text-xs text-soft">It changed no file: it only joined branches.</p>}
      {data !== undefined && data.files.length > 0 && (
        <ul className="border-t border-line">
          {data.files.map((file) => (
            <CommitFile key={file.pathBytes ?? file.path} session={session} hash={commit.hash} file={file} files={data.files.length} view={view} />
          ))}
        </ul>
      )}
      {data?.truncated === true && <p className="p-3 text-xs text-faint">There are more files than these.</p>}
    </div>
  )
}

interface CommitFileProps {
  session: Session
  hash: string
  file: FileDiff
  files: number
  view: DiffView
}

function CommitFile({ session, hash, file, files, view }: CommitFileProps) {
  const [open, setOpen] = useState(beginsOpen(file, files))
  return (
    <DiffFileRow
      change={file.change ?? 'conflicted'}
      path={file.path}
      from={file.from}
      additions={file.additions}
      deletions={file.deletions}
      open={open}
      onToggle={() => setOpen(!open)}
      renderDiff={() => <TrackedDiff session={session} compared={{ to: hash }} file={file} path={file.path} view={view} />}
    />
  )
}
