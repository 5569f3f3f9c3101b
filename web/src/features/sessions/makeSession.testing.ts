// A session for tests: complete, running, and changed in what a test is about.
import type { Session } from '../../api/types'

export function makeSession(part: Partial<Session>): Session {
  return {
    id: 'id',
    name: 'session',
    description: '',
    owner: { id: 'u1', username: 'mira' },
    agent: 'claude',
    flags: [],
    mode: 'interactive',
    prompt: null,
    runtime: 'host',
    workdir: '/home/mira/work',
    multiplexer: 'tmux',
    env: {},
    labels: {},
    gitUserName: null,
    gitUserEmail: null,
    idleTimeoutSeconds: null,
    status: 'running',
    statusReason: null,
    agentState: 'idle',
    agentStateSince: null,
    pid: 1,
    socketPath: null,
    terminals: [],
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
    lastAccessedAt: null,
    lastActivityAt: null,
    allowedActions: ['stop', 'drive'],
    ...part,
  }
}
