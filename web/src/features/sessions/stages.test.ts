import { expect, test } from 'vitest'
import { makeSession as made } from './makeSession.testing'
import { stagesOf } from './stages'

test('a session shows the stages that it has, and one that only some have once it is reached', () => {
  expect(stagesOf(made({ runtime: 'host' }), null)).toEqual(['container', 'agent'])
  expect(stagesOf(made({ runtime: 'docker' }), { stage: 'image' })).toEqual(['image', 'container', 'agent'])
  expect(stagesOf(made({ runtime: 'docker' }), { stage: 'setup' })).toEqual(['image', 'container', 'setup', 'agent'])
})

test('a working tree is made once, with what was asked for', () => {
  const worktree = { of: 'a', base: 'a', branch: 'longhouse/x', from: null, copy: ['.env'], setup: 'npm ci', setUp: null }
  const session = { runtime: 'host', repoUrl: 'https://git.example.org/a', worktree } as const
  expect(stagesOf(made(session), null)).toEqual(['container', 'worktree', 'copy', 'setup', 'agent'])
  expect(stagesOf(made({ ...session, worktree: { ...worktree, copy: [], setup: null } }), null)).toEqual(['container', 'worktree', 'agent'])
  expect(stagesOf(made({ ...session, clonedAt: '2026-01-01T00:00:00Z' }), null)).toEqual(['container', 'agent'])
})

test('a repository is cloned once', () => {
  const session = { runtime: 'docker', repoUrl: 'https://git.example.org/a' } as const
  expect(stagesOf(made(session), null)).toEqual(['image', 'container', 'clone', 'agent'])
  expect(stagesOf(made({ ...session, clonedAt: '2026-01-01T00:00:00Z' }), null)).toEqual(['image', 'container', 'agent'])
})
