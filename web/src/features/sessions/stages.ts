// Which stages the creation of a session goes through.
import type { Progress } from '../../api/queries'
import type { Session, Stage } from '../../api/types'

/** All of them, in their order. */
const ORDER: readonly Stage[] = ['image', 'container', 'clone', 'setup', 'agent']

/** Those that this session has: a stage that not every session has is there once it is reached. */
export function stagesOf(session: Pick<Session, 'runtime'>, progress: Pick<Progress, 'stage'> | null): Stage[] {
  const always: readonly Stage[] = session.runtime === 'host' ? ['container', 'agent'] : ['image', 'container', 'agent']
  return ORDER.filter((stage) => always.includes(stage) || stage === progress?.stage)
}
