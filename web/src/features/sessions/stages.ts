// Which stages the creation of a session goes through, what they are called, and what helps where one fails.
import type { Progress } from '../../api/queries'
import type { Session, Stage } from '../../api/types'

/** All of them, in their order. */
const ORDER: readonly Stage[] = ['image', 'container', 'clone', 'worktree', 'copy', 'setup', 'agent']

/** Those that this session has: a stage that not every session has is there once it is reached. */
export function stagesOf(session: Pick<Session, 'runtime' | 'repoUrl' | 'worktree' | 'clonedAt'>, progress: Pick<Progress, 'stage'> | null): Stage[] {
  const always: readonly Stage[] = session.runtime === 'host' ? ['container', 'agent'] : ['image', 'container', 'agent']
  // A repository is cloned once, and a working tree made once: later starts find it there.
  const isNew = session.clonedAt === null
  const first: readonly Stage[] = session.worktree !== null ? treeStages(session.worktree) : session.repoUrl !== null ? ['clone'] : []
  return ORDER.filter((stage) => always.includes(stage) || (isNew && first.includes(stage)) || stage === progress?.stage)
}

function treeStages(worktree: NonNullable<Session['worktree']>): Stage[] {
  return ['worktree', ...(worktree.copy.length > 0 ? (['copy'] as const) : []), ...(worktree.setup === null ? [] : (['setup'] as const))]
}

const WORDS: Record<Stage, string> = {
  image: 'Fetching the image',
  container: 'Starting the container',
  clone: 'Cloning the repository',
  worktree: 'Making the working tree',
  copy: 'Copying ignored files',
  setup: 'Running the set-up',
  agent: 'Starting the agent',
}

export function stageWords(session: Pick<Session, 'runtime'>, stage: Stage): string {
  return stage === 'container' && session.runtime === 'host' ? 'Preparing the directory' : WORDS[stage]
}

/** What one can do about a creation that failed there, beside what the reason says. */
export function advice(session: Pick<Session, 'runtime'>, stage: Stage): string | null {
  switch (stage) {
    case 'image':
      return 'Check the image’s name, and that the container engine reaches its registry.'
    case 'clone':
      return 'Check the address and the branch, and that the session may reach and read them.'
    case 'worktree':
      return 'Choose another branch, or look into the session whose repository it is.'
    case 'copy':
      return 'Name fewer files to copy, or make room on the disk.'
    case 'setup':
      return 'The terminal “setup” has what the script said, and restarts it.'
    case 'agent':
      return session.runtime === 'host' ? null : 'The agent’s program has to be in the image; a shell always is.'
    case 'container':
      return null
  }
}
