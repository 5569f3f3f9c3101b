// A filled-in form and a server's bounds, for tests: changed in what a test is about.
import type { ServerConfig } from '../../api/types'
import type { CreationForm } from './form'
import { USUAL_COPY } from './worktree'

export function makeForm(part: Partial<CreationForm>): CreationForm {
  return {
    name: 'rowan-forge',
    description: '',
    agent: 'claude',
    mode: 'interactive',
    prompt: '',
    runtime: 'host',
    place: 'own',
    workdir: '/never/used',
    template: 'shell',
    image: '',
    cpuLimit: '',
    memoryLimit: '',
    pidsLimit: '',
    diskLimit: '',
    network: 'open',
    allowHosts: '',
    ports: [],
    source: 'address',
    worktreeOf: '',
    worktreeBranch: '',
    worktreeFrom: '',
    worktreeCopy: USUAL_COPY,
    worktreeSetup: '',
    repoUrl: '',
    branch: '',
    cloneDepth: '',
    cloneSubmodules: false,
    sshKey: '',
    sshKeyText: '',
    sshKeyPassphrase: '',
    flags: '',
    env: [],
    secrets: [],
    labels: '',
    multiplexer: 'tmux',
    gitUserName: '',
    gitUserEmail: '',
    idleMinutes: '',
    recording: false,
    ...part,
  }
}

const resources = (cpuLimit: number, memoryLimit: number, pidsLimit: number): ServerConfig['limits']['container']['least'] => ({ cpuLimit, memoryLimit, pidsLimit })

export const config: ServerConfig = {
  version: '1',
  agents: ['claude', 'codex', 'shell'].map((name) => ({ name, title: name, autonomous: true, available: name !== 'codex', installHint: null })),
  templates: [
    { name: 'shell', agent: 'shell', loosens: [] },
    { name: 'writable-root', agent: 'shell', loosens: ['writable-root'] },
  ],
  defaultImage: 'debian',
  runtimes: [
    { name: 'host', available: true, detail: null },
    { name: 'docker', available: true, detail: null },
  ],
  multiplexers: ['tmux', 'none'],
  defaults: { runtime: 'docker', multiplexer: 'tmux' },
  limits: {
    maxSessions: 10,
    maxSessionsPerUser: 10,
    maxBodyBytes: 1,
    maxInputBytes: 1,
    maxFrameBytes: 1,
    maxTerminalSize: 1,
    maxNameLength: 64,
    container: { least: resources(0.05, 64, 16), usual: resources(2, 4096, 512), most: resources(4, 16_000, 32_768), diskLimit: null },
  },
  publish: { address: '127.0.0.1', range: '20000-29999', allowed: true },
  allowedBaseDirs: ['/home'],
  recordings: 'asked',
  auditCommandLines: false,
  user: { id: 'u1', username: 'mira', role: 'member', createdAt: '2026-01-01T00:00:00Z', disabled: false, mayUseHost: true, permissions: ['host'] },
}
