// The shapes on the wire, as the contract names them. Only shapes: nothing here runs. The rest of the page imports these
// names and nothing else of the wire, so a change of the contract shows up here first.

export type SessionStatus = 'pending' | 'starting' | 'running' | 'stopped' | 'error'
export type AgentState = 'unknown' | 'idle' | 'working' | 'needsInput' | 'exited'
export type Mode = 'interactive' | 'autonomous'
export type Runtime = 'host' | 'docker' | 'kubernetes'
export type Multiplexer = 'tmux' | 'none'
export type Role = 'admin' | 'member' | 'viewer'
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type Stage = 'image' | 'container' | 'clone' | 'setup' | 'agent'

export interface User {
  id: string
  username: string
  role: Role
}

/** The answer of login, set-up and refresh. */
export interface TokenAnswer {
  accessToken: string
  /** Seconds until the access token is refused. */
  expiresIn: number
  user: User
}

export interface TerminalInfo {
  name: string
  title: string
  url: string
  wsUrl: string
  cols: number
  rows: number
  running: boolean
  exitCode: number | null
}

export interface Session {
  id: string
  name: string
  description: string
  owner: { id: string; username: string }
  agent: string
  flags: string[]
  mode: Mode
  prompt: string | null
  runtime: Runtime
  workdir: string
  multiplexer: Multiplexer
  env: Record<string, string>
  labels: Record<string, string>
  gitUserName: string | null
  gitUserEmail: string | null
  idleTimeoutSeconds: number | null
  status: SessionStatus
  statusReason: string | null
  agentState: AgentState
  agentStateSince: string | null
  pid: number | null
  socketPath: string | null
  terminals: TerminalInfo[]
  createdAt: string
  updatedAt: string
  lastAccessedAt: string | null
  lastActivityAt: string | null
  allowedActions: string[]
}

export interface SessionPatch {
  name?: string
  description?: string
  labels?: Record<string, string>
}

export interface CreateSession {
  name: string
  description?: string
  agent: string
  flags?: string[]
  mode?: Mode
  prompt?: string
  runtime?: Runtime
  workdir?: string
  multiplexer?: Multiplexer
  gitUserName?: string
  gitUserEmail?: string
  env?: Record<string, string>
  labels?: Record<string, string>
  idleTimeoutSeconds?: number
}

export interface Page<T> {
  items: T[]
  total: number
  nextCursor: string | null
}

export interface AgentInfo {
  name: string
  title: string
  /** Whether its program was found; a server that cannot tell leaves it out. */
  available?: boolean
  installHint: string | null
  autonomous: boolean
}

export interface RuntimeInfo {
  name: Runtime
  available: boolean
  detail: string | null
}

export interface ServerConfig {
  version: string
  agents: AgentInfo[]
  runtimes: RuntimeInfo[]
  allowedBaseDirs: string[]
  multiplexers: Multiplexer[]
  defaults: { runtime: Runtime; multiplexer: Multiplexer }
}

export interface SessionStats {
  /** Of one core. */
  cpuPercent: number
  memoryBytes: number
  processes: number
  uptimeMs: number
  outputBytes: number
  inputBytes: number
  viewers: number
}

export interface HealthCheck {
  status: string
  detail?: string | null
}

export interface SessionHealth {
  status: SessionStatus
  healthy: boolean
  linkRttMs: number | null
  checks: Record<string, HealthCheck>
}

export interface LogLine {
  seq: number
  at: string
  level: LogLevel
  source: string
  message: string
}

export interface FieldError {
  field: string
  message: string
}

/** RFC 9457, with the stable `code` of this server. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: string
  requestId: string
  errors: FieldError[]
}

interface Json<T> {
  content: { 'application/json': T }
}
type Operation<Answer, Body, Parameters> = {
  parameters: Parameters
  responses: { 200: Json<Answer>; default: { content: { 'application/problem+json': Problem } } }
} & (Body extends undefined ? { requestBody?: never } : { requestBody: Json<Body> })
interface None {
  query?: never
  header?: never
  path?: never
  cookie?: never
}
interface ById {
  query?: never
  header?: never
  path: { id: string }
  cookie?: never
}
interface ByTerminal {
  query?: never
  header?: never
  path: { id: string; name: string }
  cookie?: never
}

/** The operations that the page calls, in the form that the typed client reads. */
export interface paths {
  '/api/auth/me': { get: Operation<User, undefined, None> }
  '/api/config': { get: Operation<ServerConfig, undefined, None> }
  '/api/client-errors': { post: Operation<unknown, { message: string; stack: string; url: string }, None> }
  '/api/sessions': {
    get: Operation<Page<Session>, undefined, Omit<None, 'query'> & { query?: { limit?: number; cursor?: string } }>
    post: Operation<Session, CreateSession, Omit<None, 'header'> & { header: { 'Idempotency-Key': string } }>
  }
  '/api/sessions/{id}': {
    get: Operation<Session, undefined, ById>
    patch: Operation<Session, SessionPatch, ById>
    delete: Operation<unknown, undefined, Omit<ById, 'query'> & { query?: { force?: boolean } }>
  }
  '/api/sessions/{id}/start': { post: Operation<unknown, undefined, ById> }
  '/api/sessions/{id}/stop': { post: Operation<unknown, undefined, ById> }
  '/api/sessions/{id}/restart': { post: Operation<unknown, undefined, ById> }
  '/api/sessions/{id}/health': { get: Operation<SessionHealth, undefined, ById> }
  '/api/sessions/{id}/stats': { get: Operation<SessionStats, undefined, ById> }
  '/api/sessions/{id}/logs': {
    get: Operation<
      { items: LogLine[] },
      undefined,
      Omit<ById, 'query'> & { query?: { tail?: number; level?: LogLevel; q?: string; format?: 'json' | 'text' } }
    >
  }
  '/api/sessions/{id}/terminals': {
    post: Operation<TerminalInfo, { name: string; title?: string }, ById>
  }
  '/api/sessions/{id}/terminals/{name}': { delete: Operation<unknown, undefined, ByTerminal> }
  '/api/sessions/{id}/terminals/{name}/restart': { post: Operation<unknown, undefined, ByTerminal> }
}
