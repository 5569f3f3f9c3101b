// The names that the page uses for the shapes on the wire. All of them come from the generated schema; the rest of the page
// imports them from here and nothing else of the wire, so that a change of the contract shows in one place first.
import type { components, paths } from './schema.gen'

type Schemas = components['schemas']

export type Account = Schemas['Account']
export type AuditEntry = Schemas['AuditRecord']
export type AuditOutcome = Schemas['AuditOutcome']
export type AuditQuery = NonNullable<paths['/api/audit']['get']['parameters']['query']>
export type Identity = Schemas['Identity']
export type GitToken = Schemas['GitToken']
export type KnownHost = Schemas['KnownHost']
export type LoginMethods = Schemas['LoginMethods']
export type NewIdentity = Schemas['NewIdentity']
export type Network = Schemas['Network']
export type OrphanedVolume = Schemas['OrphanedVolume']
export type Person = Schemas['Person']
export type Scope = Schemas['Scope']
export type Share = Schemas['Share']
export type ShareAccess = Schemas['ShareAccess']
export type SshKey = Schemas['SshKey']
export type SignIn = Schemas['SignIn']
export type ApiToken = Schemas['ApiToken']
export type AgentInfo = Schemas['Agent']
export type AgentState = Schemas['AgentState']
export type AutoCommit = Schemas['AutoCommit']
export type AutoCommitMode = Schemas['AutoCommitMode']
export type AutoCommitState = Schemas['AutoCommitState']
export type Checkpoint = Schemas['Checkpoint']
export type Commit = Schemas['Commit']
export type CommitRef = Schemas['CommitRef']
export type CreateRepository = Schemas['CreateRepository']
export type CreateSession = Schemas['CreateSession']
export type Diff = Schemas['Diff']
export type FileDiff = Schemas['FileDiff']
export type GitFile = Schemas['GitFile']
export type GitFileChange = Schemas['GitFileChange']
export type GitStatus = Schemas['GitStatus']
export type GitUnderway = Schemas['GitUnderway']
export type LogLevel = Schemas['LogLevel']
export type LogLine = Schemas['LogLine']
export type Metrics = Schemas['Metrics']
export type Mode = Schemas['Mode']
export type Multiplexer = Schemas['Multiplexer']
export type Port = Schemas['Port']
export type PushState = Schemas['PushState']
export type Repository = Schemas['Repository']
export type Role = Schemas['Role']
export type Runtime = Schemas['Runtime']
export type ServerConfig = Schemas['Config']
export type ServerSettings = Schemas['Settings']
export type Session = Schemas['Session']
export type SessionAction = Schemas['SessionAction']
export type SessionStats = Schemas['SessionStats']
export type SessionStatus = Schemas['SessionStatus']
export type Template = Schemas['Template']
export type TerminalInfo = Schemas['Terminal']

/** Who is logged in, as far as the page shows it. */
export type User = Pick<Schemas['User'], 'id' | 'username' | 'role'>

/** The answer of login, set-up, refresh and a change of password. */
export interface TokenAnswer {
  accessToken: string
  /** Seconds until the access token is refused. */
  expiresIn: number
  user: User
}

/** A stage of a creation. */
export type Stage = Schemas['Stage']

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
