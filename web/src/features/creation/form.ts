// What the creation form holds, how it begins, and the request that it becomes.
import type { CreateSession, Mode, Multiplexer, Network, Runtime, ServerConfig, Template } from '../../api/types'
import { readHosts } from './hosts'
import { readPorts } from './ports'
import type { PortRow } from './ports'
import { readLabels, splitFlags } from './words'
import { hasWorktree, USUAL_COPY, worktreeOf } from './worktree'

/** A row of a table of names and values. */
export interface NamedValue {
  name: string
  value: string
}

export interface CreationForm {
  name: string
  description: string
  agent: string
  mode: Mode
  prompt: string
  runtime: Runtime
  place: 'own' | 'named'
  workdir: string
  template: Template
  /** Empty means the usual one, here and in the numbers below. */
  image: string
  cpuLimit: string
  memoryLimit: string
  pidsLimit: string
  diskLimit: string
  network: Network
  /** One host per line. */
  allowHosts: string
  ports: PortRow[]
  /** What the directory begins with: an address, or nothing; or another session's repository. */
  source: 'address' | 'session'
  /** The session's identifier. */
  worktreeOf: string
  worktreeBranch: string
  worktreeFrom: string
  /** One pattern per line. */
  worktreeCopy: string
  worktreeSetup: string
  /** Empty means an empty directory. */
  repoUrl: string
  branch: string
  /** Empty means all of the history. */
  cloneDepth: string
  cloneSubmodules: boolean
  /** None, one that is made or pasted for this session alone, or the identifier of one that is kept. */
  sshKey: string
  sshKeyText: string
  sshKeyPassphrase: string
  flags: string
  env: NamedValue[]
  secrets: NamedValue[]
  labels: string
  multiplexer: Multiplexer
  gitUserName: string
  gitUserEmail: string
  idleMinutes: string
  /** Whether its terminals are recorded; asked only where the server leaves it open. */
  recording: boolean
}

/** A form in which nothing has been chosen yet. `config` offers only what this person may choose. */
export function blankForm(config: ServerConfig, name: string): CreationForm {
  const runtime = usualRuntime(config)
  return {
    name,
    description: '',
    agent: usualAgent(config, runtime),
    mode: 'interactive',
    prompt: '',
    runtime,
    place: 'own',
    workdir: '',
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
    multiplexer: config.defaults.multiplexer,
    gitUserName: '',
    gitUserEmail: '',
    idleMinutes: '',
    recording: false,
  }
}

/** Whether that agent can be chosen: on the machine its program has to be there; what an image holds nobody knows beforehand. */
export function offersAgent(config: Pick<ServerConfig, 'agents'>, runtime: Runtime, name: string): boolean {
  return config.agents.some((agent) => agent.name === name && (agent.available || runtime !== 'host'))
}

/** The agent of a form where nobody chose one that can be had. */
export function usualAgent(config: Pick<ServerConfig, 'agents'>, runtime: Runtime): string {
  // A shell is in every image, and the agents of this machine need not be.
  if (runtime !== 'host' && offersAgent(config, runtime, 'shell')) return 'shell'
  const agents = config.agents.filter((agent) => agent.available)
  return (agents.find((agent) => agent.name !== 'shell') ?? agents[0])?.name ?? ''
}

/** The usual one may not be open to this person. */
function usualRuntime(config: ServerConfig): Runtime {
  const offered = config.runtimes.filter((runtime) => runtime.available).map((runtime) => runtime.name)
  return offered.find((name) => name === config.defaults.runtime) ?? offered[0] ?? config.defaults.runtime
}

/** The request; only what was filled in and what the runtime can honour, so that the server's defaults hold. */
export function toRequest(form: CreationForm): CreateSession {
  const flags = splitFlags(form.flags) ?? []
  const labels = readLabels(form.labels) ?? {}
  const env = filledIn(form.env)
  const secrets = filledIn(form.secrets)
  return {
    name: form.name,
    agent: form.agent,
    mode: form.mode,
    runtime: form.runtime,
    ...(form.runtime === 'host' ? onHost(form) : inContainer(form)),
    ...(hasWorktree(form) ? { worktree: worktreeOf(form) } : form.repoUrl === '' ? {} : fromRepository(form)),
    ...(form.description.trim() === '' ? {} : { description: form.description.trim() }),
    ...(form.prompt.trim() === '' ? {} : { prompt: form.prompt }),
    ...(flags.length === 0 ? {} : { flags }),
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...(Object.keys(secrets).length === 0 ? {} : { secrets }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(form.gitUserName === '' ? {} : { gitUserName: form.gitUserName }),
    ...(form.gitUserEmail === '' ? {} : { gitUserEmail: form.gitUserEmail }),
    ...(form.idleMinutes === '' ? {} : { idleTimeoutSeconds: Number(form.idleMinutes) * 60 }),
    ...(form.recording ? { recording: true } : {}),
  }
}

function onHost(form: CreationForm): Partial<CreateSession> {
  return { multiplexer: form.multiplexer, ...(form.place === 'named' && !hasWorktree(form) ? { workdir: form.workdir } : {}) }
}

function fromRepository(form: CreationForm): Partial<CreateSession> {
  return {
    repoUrl: form.repoUrl,
    ...(form.branch === '' ? {} : { branch: form.branch }),
    ...(form.cloneDepth === '' ? {} : { cloneDepth: Number(form.cloneDepth) }),
    ...(form.cloneSubmodules ? { cloneSubmodules: true } : {}),
    ...withKey(form),
  }
}

function withKey({ sshKey, sshKeyText, sshKeyPassphrase }: CreationForm): Partial<CreateSession> {
  if (sshKey === '') return {}
  if (sshKey === 'made') return { generateSshKey: true }
  if (sshKey !== 'pasted') return { sshKeyId: sshKey }
  return { sshKey: sshKeyText, ...(sshKeyPassphrase === '' ? {} : { sshKeyPassphrase }) }
}

function inContainer(form: CreationForm): Partial<CreateSession> {
  const ports = readPorts(form.ports)
  return {
    template: form.template,
    network: form.network,
    ...(form.network === 'allowlist' ? { allowHosts: readHosts(form.allowHosts) } : {}),
    ...(ports.length === 0 ? {} : { ports }),
    ...(form.image === '' ? {} : { image: form.image }),
    ...(form.cpuLimit === '' ? {} : { cpuLimit: Number(form.cpuLimit) }),
    ...(form.memoryLimit === '' ? {} : { memoryLimit: Number(form.memoryLimit) }),
    ...(form.pidsLimit === '' ? {} : { pidsLimit: Number(form.pidsLimit) }),
    ...(form.diskLimit === '' ? {} : { diskLimit: Number(form.diskLimit) }),
  }
}

export function filledIn(rows: readonly NamedValue[]): Record<string, string> {
  return Object.fromEntries(rows.filter((row) => row.name !== '').map((row) => [row.name, row.value]))
}
