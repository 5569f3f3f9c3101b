// The diff of one file of a repository: what the list has of it already, more of it on request, and new files as they are.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { fileTextQuery, gitDiffQuery } from '../../api/git'
import type { Compared } from '../../api/git'
import { describe } from '../../api/problem'
import type { FileDiff, Session } from '../../api/types'
import { FileChanges } from '../diff/FileChanges'
import type { DiffView } from '../diff/useDiffView'
import { allNew } from './newFile'

/** More lines around a change than any file has that is shown. */
const ALL_LINES = 100_000

interface TrackedDiffProps {
  session: Session
  compared: Compared
  /** As the list has it; nothing while it is not known. */
  file: FileDiff | undefined
  path: string
  view: DiffView
}

export function TrackedDiff({ session, compared, file, path, view }: TrackedDiffProps) {
  const [wants, setWants] = useState<'usual' | 'alone' | 'whole'>('usual')
  const alone = useQuery({ ...gitDiffQuery(session.id, { ...compared, path }), enabled: wants === 'alone', placeholderData: keepPreviousData })
  const whole = useQuery({
    ...gitDiffQuery(session.id, { ...compared, path, context: ALL_LINES }),
    enabled: wants === 'whole',
    placeholderData: keepPreviousData,
  })
  const own = alone.data?.files.find((item) => item.path === path)
  const found = wants === 'alone' && own !== undefined ? own : file
  const error = alone.error ?? whole.error
  if (found === undefined) return <Looking words="Comparing…" />
  const hunk = whole.data?.files.find((item) => item.path === path)?.hunks[0]
  return (
    <>
      {error !== null && (
        <p role="alert" className="px-3 py-1.5 text-xs text-err">
          {describe(error)}
        </p>
      )}
      <FileChanges
        file={found}
        view={view}
        whole={wants === 'whole' && hunk !== undefined ? hunk : null}
        // Of a file with another name git would see only the new one, if asked for it alone.
        onWhole={found.from === null && !found.conflicted ? () => setWants('whole') : null}
        onLoad={wants === 'usual' && found.from === null ? () => setWants('alone') : null}
      />
    </>
  )
}

interface UntrackedDiffProps {
  session: Session
  path: string
  submodule: boolean
  view: DiffView
}

export function UntrackedDiff({ session, path, submodule, view }: UntrackedDiffProps) {
  const isDirectory = path.endsWith('/') || submodule
  const { data, error } = useQuery({ ...fileTextQuery(session.id, path), enabled: !isDirectory, refetchInterval: 5000 })
  const file = useMemo(() => data && allNew(path, data), [path, data])
  if (isDirectory) return <Looking words="A repository of its own: look into it in a terminal." />
  if (error !== null && data === undefined) return <Looking words={describe(error)} />
  if (file === undefined) return <Looking words="Reading…" />
  return (
    <>
      <FileChanges file={file} view={view} whole={null} onWhole={null} onLoad={null} />
      {data?.more === true && <Looking words="The file is longer than what is shown here." />}
    </>
  )
}

function Looking({ words }: { words: string }) {
  return <p className="px-3 py-2 text-xs text-soft">{words}</p>
}
