// What became of one file: its lines, or in words why there are none to see.
import type { ReactNode } from 'react'
import type { FileDiff } from '../../api/types'
import { Button } from '../../ui/Button'
import { DiffLines } from './DiffLines'
import type { Hunk } from './lines'
import { modeWords } from './marks'
import type { DiffView } from './useDiffView'

export interface FileChangesProps {
  file: FileDiff
  view: DiffView
  /** All of its lines in one stretch, once they were asked for. */
  whole: Hunk | null
  /** Asks for them; nothing where they cannot be had. */
  onWhole: (() => void) | null
  /** Asks for this file alone, where it was too large among others. */
  onLoad: (() => void) | null
}

export function FileChanges({ file, view, whole, onWhole, onLoad }: FileChangesProps) {
  const mode = modeWords(file.oldMode, file.newMode)
  const isWhole = file.change === 'added' || file.change === 'deleted'
  return (
    <>
      {mode !== null && <Remark>{mode}</Remark>}
      {file.tooLarge ? (
        <Remark>
          {onLoad === null ? 'Too many lines to show here: look at it in a terminal.' : 'Too many lines to show among others.'}
          {onLoad !== null && (
            <Button size="small" look="quiet" onClick={onLoad}>
              Show them
            </Button>
          )}
        </Remark>
      ) : (
        file.hunks.length === 0 && <Remark>{file.binary ? 'No text: its content cannot be shown.' : emptyWords(file)}</Remark>
      )}
      {file.hunks.length > 0 && (
        <DiffLines
          path={file.path}
          hunks={file.hunks}
          layout={view.layout}
          numbers={view.numbers}
          between={isWhole ? 'none' : 'some'}
          whole={whole}
          onWhole={isWhole ? null : onWhole}
        />
      )}
    </>
  )
}

function emptyWords(file: FileDiff): string {
  if (file.change === 'renamed') return 'Only its name changed.'
  if (file.change === 'added') return 'An empty file.'
  return 'No lines changed.'
}

function Remark({ children }: { children: ReactNode }) {
  return <p className="flex min-h-8 flex-wrap items-center gap-x-2 px-3 py-1 text-xs text-soft">{children}</p>
}
