// What the server's live events say, and what they do to the sessions we hold: pure functions, no socket, no cache.
import { isRecord, numberOf, stringOf } from '../../api/json'
import type { Progress } from '../../api/queries'
import type { AgentState, Port, Session, SessionStatus, Stage } from '../../api/types'

export type LiveEvent =
  | { type: 'upsert'; change: SessionChange }
  | { type: 'deleted'; id: string }
  | { type: 'status'; id: string; to: SessionStatus; reason: string | null }
  | { type: 'agentState'; id: string; state: AgentState }
  | { type: 'portOpened'; id: string; port: Port }
  | { type: 'portClosed'; id: string; container: number }
  | { type: 'progress'; id: string; progress: Progress }
  | { type: 'git'; id: string; alarm: string | null }
  | { type: 'reset' }

/** A session as an event carries it: at least its id; the view of this user (allowed actions) may be missing. */
export type SessionChange = Partial<Session> & { id: string }

const STATUSES: readonly SessionStatus[] = ['pending', 'starting', 'running', 'stopped', 'error']
const STAGES: readonly Stage[] = ['image', 'container', 'clone', 'setup', 'agent']
const AGENT_STATES: readonly AgentState[] = ['unknown', 'idle', 'working', 'needsInput', 'exited']

/** The position of an event in the server's log, where it carries one. */
export function readSeq(payload: unknown): number | null {
  const seq = isRecord(payload) ? numberOf(payload['seq']) : null
  return seq !== null && Number.isSafeInteger(seq) && seq >= 0 ? seq : null
}

/** The event, or `null` where the page has no use for it. */
export function readEvent(name: string, payload: unknown): LiveEvent | null {
  if (name === 'events.reset') return { type: 'reset' }
  if (!isRecord(payload)) return null
  const id = stringOf(payload['id']) ?? stringOf(payload['sessionId'])
  switch (name) {
    case 'session.created':
    case 'session.updated':
      return readUpsert(isRecord(payload['session']) ? payload['session'] : payload)
    case 'session.deleted':
      return id === null ? null : { type: 'deleted', id }
    case 'session.status.changed': {
      const to = STATUSES.find((status) => status === payload['to'])
      return id === null || to === undefined ? null : { type: 'status', id, to, reason: stringOf(payload['reason']) }
    }
    case 'session.progress': {
      const stage = STAGES.find((known) => known === payload['stage'])
      if (id === null || stage === undefined) return null
      const progress = { stage, percent: numberOf(payload['percent']), detail: stringOf(payload['detail']) ?? '' }
      return { type: 'progress', id, progress }
    }
    case 'session.port.opened': {
      const port = readPort(payload['port'])
      return id === null || port === null ? null : { type: 'portOpened', id, port }
    }
    case 'session.port.closed': {
      const container = numberOf(payload['container'])
      return id === null || container === null ? null : { type: 'portClosed', id, container }
    }
    case 'git.commit':
    case 'git.push':
    case 'git.checkpoint':
      return id === null ? null : { type: 'git', id, alarm: null }
    case 'git.conflict':
      return id === null ? null : { type: 'git', id, alarm: `Changes that do not go together${placeIn(payload)}: ${pathsIn(payload['files'])}` }
    case 'git.refused':
      return id === null ? null : { type: 'git', id, alarm: `Not committed by itself: ${pathsIn(payload['files'])}` }
    case 'git.hostKey': {
      const host = stringOf(payload['host'])
      return id === null || host === null ? null : { type: 'git', id, alarm: `${host} showed another SSH key than it is known by, and was not spoken to: see Known hosts in your profile` }
    }
    case 'agent.state': {
      const state = AGENT_STATES.find((known) => known === (payload['state'] ?? payload['agentState']))
      return id === null || state === undefined ? null : { type: 'agentState', id, state }
    }
    default:
      return null
  }
}

/** The list after the event. The same array comes back when nothing changes, so that nothing is drawn again. */
export function applyToList(list: Session[], event: LiveEvent): Session[] {
  if (event.type === 'deleted') {
    return list.some((session) => session.id === event.id) ? list.filter((session) => session.id !== event.id) : list
  }
  if (event.type === 'upsert') {
    if (list.some((session) => session.id === event.change.id)) {
      return list.map((session) => applyToSession(session, event))
    }
    return isSession(event.change) ? [event.change, ...list] : list
  }
  return list.some((session) => applyToSession(session, event) !== session)
    ? list.map((session) => applyToSession(session, event))
    : list
}

/** The session after the event; the same object when it does not concern it. */
export function applyToSession(session: Session, event: LiveEvent): Session {
  switch (event.type) {
    case 'upsert':
      return event.change.id === session.id && !isOlder(event.change, session) ? { ...session, ...event.change } : session
    case 'status':
      return event.id === session.id ? { ...session, status: event.to, statusReason: event.reason } : session
    case 'agentState':
      return event.id === session.id ? { ...session, agentState: event.state } : session
    case 'portOpened':
      return event.id === session.id ? { ...session, ports: withPort(session.ports, event.port) } : session
    case 'portClosed':
      return event.id === session.id ? { ...session, ports: withoutPort(session.ports, event.container) } : session
    case 'deleted':
    case 'progress':
    case 'git':
    case 'reset':
      return session
  }
}

/** Whether the caches need the server's word: the event cannot carry everything that changed (allowed actions). */
export function needsRefetch(event: LiveEvent): boolean {
  return event.type === 'status' || (event.type === 'upsert' && event.change.allowedActions === undefined)
}

export function isSession(change: SessionChange): change is Session {
  return (
    typeof change.name === 'string' &&
    change.status !== undefined &&
    change.createdAt !== undefined &&
    Array.isArray(change.terminals) &&
    Array.isArray(change.allowedActions)
  )
}

/** Whether the event tells of a port on which nobody of this session listened before. */
export function isNewPort(session: Session, event: LiveEvent): boolean {
  return event.type === 'portOpened' && event.id === session.id && !session.ports.some((port) => port.listening && port.container === event.port.container)
}

function withPort(ports: Port[], opened: Port): Port[] {
  const others = ports.filter((port) => port.container !== opened.container)
  return [...others, opened].toSorted((one, other) => one.container - other.container)
}

/** What is published stays, though nobody listens there now. */
function withoutPort(ports: Port[], closed: number): Port[] {
  const kept = ports.filter((port) => port.container !== closed || port.published)
  return kept.map((port) => (port.container === closed ? { ...port, listening: false, process: null } : port))
}

/** How many files are named. */
const NAMED = 3

/** Which repository of the session, where it is not the workspace itself. */
function placeIn(payload: Record<string, unknown>): string {
  const path = stringOf(payload['path'])
  return path === null || path === '' ? '' : ` in ${path}`
}

function pathsIn(value: unknown): string {
  const paths = (Array.isArray(value) ? value : []).flatMap((file: unknown) => stringOf(isRecord(file) ? file['path'] : file) ?? [])
  const rest = paths.length - NAMED
  return `${paths.slice(0, NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

function readPort(value: unknown): Port | null {
  if (!isRecord(value)) return null
  const container = numberOf(value['container'])
  if (container === null) return null
  return {
    container,
    host: numberOf(value['host']),
    url: stringOf(value['url']),
    process: stringOf(value['process']),
    listening: true,
    published: value['published'] === true,
    address: stringOf(value['address']),
  }
}

function isOlder(change: SessionChange, session: Session): boolean {
  return change.updatedAt !== undefined && Date.parse(change.updatedAt) < Date.parse(session.updatedAt)
}

function readUpsert(fields: Record<string, unknown>): LiveEvent | null {
  return isChange(fields) ? { type: 'upsert', change: fields } : null
}

function isChange(fields: Record<string, unknown>): fields is Record<string, unknown> & SessionChange {
  return (
    typeof fields['id'] === 'string' &&
    (fields['status'] === undefined || STATUSES.some((status) => status === fields['status']))
  )
}
