import { describe, expect, test } from 'vitest'
import type { CreationForm } from './form'
import { config as bounds, makeForm } from './makeForm.testing'
import { nameError, validate, workdirError } from './validation'

describe('names', () => {
  test.each(['fix login', 'v1.2_rc-3', 'a', 'x'.repeat(64)])('%j is a name', (name) => {
    expect(nameError(name)).toBeNull()
  })
  test.each(['', '#(id)', 'a;b', 'a\nb', '../x', 'a/b', '..', '.', ' a', 'a ', 'é', '$(id)', 'x'.repeat(65), '0192f3a4-7f3e-7cc0-98c4-dc0c0c07398f'])(
    '%j is none',
    (name) => {
      expect(nameError(name)).not.toBeNull()
    },
  )
})

describe('directories', () => {
  const bases = ['/home/mira', '/srv/code']
  test.each(['/home/mira', '/home/mira/work', '/srv/code/x y'])('%j is allowed', (path) => {
    expect(workdirError(path, bases)).toBeNull()
  })
  test.each(['', 'work', '~/work', '/home/mirage', '/home/mira/../other', '/etc'])('%j is not', (path) => {
    expect(workdirError(path, bases)).not.toBeNull()
  })
})

test('a form with its defaults is fine', () => {
  expect(validate(makeForm({}), bounds)).toEqual({})
  expect(validate(makeForm({ runtime: 'docker' }), bounds)).toEqual({})
})

test('a working tree is of a session, and copies what a .gitignore could name', () => {
  const worktree = (part: Partial<CreationForm>) => validate(makeForm({ source: 'session', worktreeOf: 'a', ...part }), bounds)
  expect(worktree({})).toEqual({})
  expect(Object.keys(worktree({ worktreeOf: '', worktreeCopy: '../x' }))).toEqual(['worktree.of', 'worktree.copy'])
  expect(Object.keys(worktree({ worktreeCopy: '# x' }))).toEqual(['worktree.copy'])
})

test('each mistake stands at its field', () => {
  const form = makeForm({
    name: '../x',
    agent: '',
    mode: 'autonomous',
    prompt: ' ',
    place: 'named',
    workdir: '/etc',
    flags: '"',
    env: [{ name: '1X', value: '' }],
    secrets: [{ name: '', value: 'x' }],
    labels: '=',
    gitUserEmail: 'nobody',
    idleMinutes: '0',
  })
  const everywhere = ['agent', 'env', 'flags', 'gitUserEmail', 'idleTimeoutSeconds', 'labels', 'name', 'prompt', 'secrets']
  expect(Object.keys(validate(form, bounds)).toSorted()).toEqual([...everywhere, 'workdir'])
  const boxed = makeForm({ ...form, runtime: 'docker', image: 'A', cpuLimit: '0', memoryLimit: '1.5', pidsLimit: 'x', network: 'allowlist' })
  expect(Object.keys(validate(boxed, bounds)).toSorted()).toEqual([...everywhere, 'allowHosts', 'cpuLimit', 'image', 'memoryLimit', 'pidsLimit'].toSorted())
})

test('what the runtime in hand does not use is nobody’s mistake', () => {
  expect(validate(makeForm({ image: 'A', cpuLimit: 'x', network: 'allowlist' }), bounds)).toEqual({})
  expect(validate(makeForm({ runtime: 'docker', place: 'named', workdir: '/etc' }), bounds)).toEqual({})
})

test('limits are held to what the machine has, as far as that is known', () => {
  const cores = (cpuLimit: string, most = bounds.limits.container.most): string | undefined => {
    const container = { ...bounds.limits.container, most }
    return validate(makeForm({ runtime: 'docker', cpuLimit }), { ...bounds, limits: { ...bounds.limits, container } })['cpuLimit']
  }
  expect(cores('0.5')).toBeUndefined()
  expect(cores('8')).toContain('0.05 to 4')
  expect(cores('8', null)).toBeUndefined()
})

test('a variable twice, or a value without a name, is a mistake; an empty row is not', () => {
  const env = (...rows: [string, string][]): string | undefined =>
    validate(makeForm({ env: rows.map(([name, value]) => ({ name, value })) }), bounds)['env']
  expect(env(['A', '1'], ['A', '2'])).toContain('twice')
  expect(env(['', 'x'])).toContain('no name')
  expect(env(['A', ''], ['', ''])).toBeUndefined()
})

describe('repositories', () => {
  const wrong = (repoUrl: string): string | undefined => validate(makeForm({ repoUrl }), bounds)['repoUrl']
  test.each(['https://git.example.org/a/b.git', 'ssh://git@git.example.org:2222/a', 'git@git.example.org:a/b'])('%j is an address', (url) => {
    expect(wrong(url)).toBeUndefined()
  })
  test.each(['git.example.org/a', 'ext::sh -c id', '--upload-pack=x', 'file:///etc', '/srv/repo', 'https://git.example.org'])('%j is none', (url) => {
    expect(wrong(url)).toContain('https://')
  })
  test('a password has no place in it, and a container without a network cannot clone', () => {
    expect(wrong('https://me:hush@git.example.org/a')).toContain('secret')
    expect(wrong('http://me:hush@git.example.org/a')).toContain('secret')
    expect(wrong('http://git.example.org/a'), 'whether that is allowed the server knows').toBeUndefined()
    expect(validate(makeForm({ repoUrl: 'https://a/b', runtime: 'docker', network: 'none' }), bounds)).toHaveProperty('network')
    expect(validate(makeForm({ repoUrl: 'https://a/b', cloneDepth: '0' }), bounds)).toHaveProperty('cloneDepth')
  })
})
