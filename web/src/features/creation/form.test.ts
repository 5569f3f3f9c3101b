import { expect, test } from 'vitest'
import { blankForm, toRequest } from './form'
import { config, makeForm } from './makeForm.testing'
import { recall, remember } from './remembered'
import { moreSummary } from './summaries'
import { readLabels, splitFlags } from './words'
import { usualBranch } from './worktree'

test('a session is recorded where that was asked for, and this is not carried over to the next', () => {
  expect(toRequest(makeForm({ recording: true }))).toMatchObject({ recording: true })
  expect(moreSummary(makeForm({ recording: true, idleMinutes: '5' }))).toBe('Stops when idle for 5 min, records its terminals')
  expect(recall(remember(makeForm({ recording: true })), blankForm(config, 'next'), config).recording).toBe(false)
})

test('flags are split as a shell would, and nothing else is done to them', () => {
  expect(splitFlags(`--model  sonnet -m "two words" 'it''s' a\\ b "" $(id) ;`)).toEqual(['--model', 'sonnet', '-m', 'two words', 'its', 'a b', '', '$(id)', ';'])
  expect(splitFlags(String.raw`"a\"b" 'c\d'`)).toEqual(['a"b', String.raw`c\d`])
  expect(splitFlags('   ')).toEqual([])
  expect(splitFlags('"open')).toBeNull()
})

test('labels are names with values', () => {
  expect(readLabels(' team=core, ticket = 12=3,,flag')).toEqual({ team: 'core', ticket: '12=3', flag: '' })
  expect(readLabels('=x')).toBeNull()
})

test('a form that was left alone asks for no more than what it shows', () => {
  expect(toRequest(makeForm({}))).toEqual({ name: 'rowan-forge', agent: 'claude', mode: 'interactive', runtime: 'host', multiplexer: 'tmux' })
  expect(toRequest(makeForm({ runtime: 'docker' }))).toEqual({
    name: 'rowan-forge',
    agent: 'claude',
    mode: 'interactive',
    runtime: 'docker',
    template: 'shell',
    network: 'open',
  })
})

test('a working tree of another session is asked for in place of a clone, and only on this machine', () => {
  const form = makeForm({
    source: 'session',
    worktreeOf: 'a1',
    worktreeBranch: 'fix',
    worktreeFrom: 'main',
    worktreeCopy: ' .env\n\nnode_modules ',
    worktreeSetup: 'npm ci\n',
    repoUrl: 'https://git.example.org/a',
    place: 'named',
    workdir: '/home/x',
  })
  const { worktree, ...rest } = toRequest(form)
  expect(worktree).toEqual({ of: 'a1', branch: 'fix', from: 'main', copy: ['.env', 'node_modules'], setup: 'npm ci\n' })
  expect(rest).toEqual({ name: 'rowan-forge', agent: 'claude', mode: 'interactive', runtime: 'host', multiplexer: 'tmux' })
  expect(toRequest(makeForm({ source: 'session', worktreeOf: 'a1', worktreeCopy: '' })).worktree).toEqual({ of: 'a1', copy: [] })
  expect(toRequest({ ...form, runtime: 'docker' }).worktree).toBeUndefined()
})

test.each([
  ['Fix login', 'longhouse/fix-login'],
  ['A.lock', 'longhouse/a-lock'],
  ['x_y', 'longhouse/x_y'],
])('the branch of %j is foretold as the server makes it', (name, branch) => {
  expect(usualBranch(name)).toBe(branch)
})

const FILLED = makeForm({
  description: ' d ',
  prompt: 'do it',
  place: 'named',
  workdir: '/home/x',
  template: 'writable-root',
  image: 'busybox',
  cpuLimit: '0.5',
  memoryLimit: '512',
  pidsLimit: '64',
  diskLimit: '500',
  network: 'allowlist',
  allowHosts: 'a.org\n\n b.org:80',
  ports: [{ container: '3000', host: '' }, { container: '80', host: '20080' }, { container: '', host: '' }],
  flags: '-v',
  env: [{ name: 'A', value: '1' }, { name: '', value: '' }],
  secrets: [{ name: 'KEY', value: 'hush\n' }],
  labels: 'a=b',
  multiplexer: 'none',
  gitUserName: 'M',
  gitUserEmail: 'm@x',
  idleMinutes: '30',
})

const EVERYWHERE = {
  name: 'rowan-forge',
  agent: 'claude',
  mode: 'interactive',
  description: 'd',
  prompt: 'do it',
  flags: ['-v'],
  env: { A: '1' },
  secrets: { KEY: 'hush\n' },
  labels: { a: 'b' },
  gitUserName: 'M',
  gitUserEmail: 'm@x',
  idleTimeoutSeconds: 1800,
}

test('everything that was filled in is sent, in the wire’s units, as far as the runtime can honour it', () => {
  expect(toRequest(FILLED)).toEqual({ ...EVERYWHERE, runtime: 'host', workdir: '/home/x', multiplexer: 'none' })
  expect(toRequest({ ...FILLED, runtime: 'docker' })).toEqual({
    ...EVERYWHERE,
    runtime: 'docker',
    template: 'writable-root',
    image: 'busybox',
    cpuLimit: 0.5,
    memoryLimit: 512,
    pidsLimit: 64,
    diskLimit: 500,
    network: 'allowlist',
    allowHosts: ['a.org', 'b.org:80'],
    ports: [{ container: 3000 }, { container: 80, host: 20080 }],
  })
})

test('the next form begins with what was chosen last, and with nothing that was written for one session', () => {
  const next = recall(remember({ ...FILLED, runtime: 'docker' }), blankForm(config, 'fern-mill'), config)
  expect(next).toEqual({ ...FILLED, runtime: 'docker', name: 'fern-mill', description: '', prompt: '', flags: '', env: [], secrets: [], labels: '', ports: [] })
  expect(remember(FILLED)).not.toContain('hush')
})

test('what is not offered any more is not chosen again, nor is nonsense', () => {
  const blank = blankForm(config, 'fern-mill')
  const without = { ...config, runtimes: config.runtimes.filter((runtime) => runtime.name === 'host'), defaults: { ...config.defaults, runtime: 'docker' as const } }
  const next = recall(remember({ ...FILLED, runtime: 'docker', agent: 'codex' }), blankForm(without, 'fern-mill'), without)
  expect(next.runtime).toBe('host')
  expect(next.agent).toBe('claude')
  for (const kept of ['', 'no json', '[]', '{"runtime": 7, "image": {}, "network": "wide"}']) expect(recall(kept, blank, config)).toEqual(blank)
})

test('a container begins with a shell, which every image has', () => {
  expect(blankForm(config, 'a')).toMatchObject({ runtime: 'docker', agent: 'shell' })
  expect(blankForm({ ...config, defaults: { ...config.defaults, runtime: 'host' } }, 'a')).toMatchObject({ runtime: 'host', agent: 'claude' })
})

test('a key goes with its repository alone, and is never kept', () => {
  const form = makeForm({ repoUrl: 'git@git.example.org:a/b.git', sshKey: 'pasted', sshKeyText: 'PRIVATE', sshKeyPassphrase: 'hush' })
  expect(toRequest(form)).toMatchObject({ sshKey: 'PRIVATE', sshKeyPassphrase: 'hush' })
  expect(toRequest({ ...form, repoUrl: '' })).not.toHaveProperty('sshKey')
  expect(toRequest({ ...form, sshKey: 'made' })).toMatchObject({ generateSshKey: true })
  expect(toRequest({ ...form, sshKey: 'made' })).not.toHaveProperty('sshKey')
  expect(toRequest({ ...form, sshKey: 'some-id' })).toMatchObject({ sshKeyId: 'some-id' })
  expect(remember(form)).not.toMatch(/PRIVATE|hush/)
})

test('a repository is asked for with what was said of it, and nothing of it where there is none', () => {
  const repository = { repoUrl: 'git@git.example.org:a/b.git', branch: 'next', cloneDepth: '1', cloneSubmodules: true }
  expect(toRequest(makeForm(repository))).toMatchObject({ ...repository, cloneDepth: 1 })
  expect(toRequest(makeForm({ ...repository, repoUrl: '' }))).not.toHaveProperty('branch')
  expect(recall(remember(makeForm({ ...repository, runtime: 'docker', network: 'git' })), blankForm(config, 'a'), config)).toMatchObject({ repoUrl: '', network: 'open' })
})
