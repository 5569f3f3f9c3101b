// A repository for tests; each says what matters to it.
import type { Repository } from '../../api/types'

export function makeRepository(part: Partial<Repository> = {}): Repository {
  return {
    id: 'r1', name: 'shop', sessionId: 's1', sessionName: 'shop', sessionStatus: 'running', sessionStatusReason: null, ownerId: 'u1', path: '',
    gitUrl: 'https://git.example.org/team/shop.git', branch: 'main', upstream: 'origin/main', dirty: false, ahead: 0, behind: 0,
    asOf: '2026-01-01T00:00:00Z', problem: null, running: true, port: 8100, listening: false, previewUrl: 'http://8100--s1.localhost',
    allowedActions: ['update', 'move', 'delete', 'deleteFiles'], createdAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-01T00:00:00Z', ...part,
  }
}
