// What a repository is told to do: one thing after another, stopped by whoever began it, and what went wrong until it is read.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { gitKey, gitStatusQuery } from '../../api/git'
import type { GitStatus, Session } from '../../api/types'
import { toast } from '../../ui/toast'
import { failureOf } from './failures'
import type { Failure } from './failures'
import { callOperation, wordsOf } from './operations'
import type { GitOperation } from './operations'

export interface GitWork {
  /** One after the other, as long as each ends well. */
  run: (...operations: readonly GitOperation[]) => void
  /** What goes on, in words. */
  busy: string | null
  failure: Failure | null
  stop: () => void
  forget: () => void
}

/** Knows at which of several things it ended. */
class Stopped extends Error {
  readonly operation: GitOperation

  constructor(operation: GitOperation, cause: unknown) {
    super('a step of several', { cause })
    this.operation = operation
  }
}

export function useGitWork(session: Session, status: GitStatus): GitWork {
  const queries = useQueryClient()
  const stopper = useRef<AbortController | null>(null)
  const work = useMutation({
    mutationFn: async (operations: readonly GitOperation[]) => {
      const controller = new AbortController()
      stopper.current = controller
      let last: GitStatus = status
      for (const operation of operations) {
        try {
          // Each begins on what the one before left.
          // oxlint-disable-next-line no-await-in-loop
          last = await callOperation(session.id, operation, controller.signal)
        } catch (error) {
          throw new Stopped(operation, error)
        }
      }
      return last
    },
    onSuccess: (after, operations) => {
      queries.setQueryData(gitStatusQuery(session.id).queryKey, after)
      const last = operations.at(-1)
      const done = last === undefined ? null : wordsOf(last, after).done
      if (done !== null) toast(done)
    },
    onSettled: () => queries.invalidateQueries({ queryKey: gitKey(session.id) }),
  })
  const { error } = work
  const wasStopped = error instanceof Stopped && error.cause instanceof DOMException
  const [first] = work.variables ?? []
  return {
    run: (...operations) => {
      if (!work.isPending) work.mutate(operations)
    },
    busy: work.isPending && first !== undefined ? wordsOf(first).doing : null,
    failure: error instanceof Stopped && !wasStopped ? failureOf(error.operation, error.cause, status) : null,
    stop: () => stopper.current?.abort(),
    forget: work.reset,
  }
}
