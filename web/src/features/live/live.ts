// The live connection: Socket.IO events become changes of the query cache. It remembers the last `seq`, so that after a
// break the server sends what was missed, or says that everything must be read again.
import type { QueryClient } from '@tanstack/react-query'
import { io } from 'socket.io-client'
import { gitKey } from '../../api/git'
import { sharesKey } from '../../api/people'
import { progressKey, sessionsQuery } from '../../api/queries'
import { repositoriesKey } from '../../api/repositories'
import type { Session } from '../../api/types'
import { applyToList, applyToSession, isNewPort, needsRefetch, readEvent, readSeq } from './events'
import type { LiveEvent } from './events'
import { toast } from '../../ui/toast'

type LiveSocket = ReturnType<typeof io>

export type LiveStatus = 'connecting' | 'live' | 'lost'

/** Refetches that events ask for are gathered for so long, in milliseconds: a burst costs one question. */
const GATHER_MS = 250

/** Who we are, for the handshake. */
export interface LiveLogin {
  token: () => Promise<string | null>
  /** The server does not want us any more as who we said we are: asks it whether we are still logged in. */
  doubt: () => Promise<void>
}

/** Something that the server tells only those who ask for it, and only as long as they are connected. */
export interface Wish {
  begin: readonly [string, object]
  end: readonly [string, object]
  hear: (name: string, payload: unknown) => void
}

export class Live {
  #status: LiveStatus = 'connecting'
  #lastSeq: number | null = null
  #stale = new Set<string>()
  /** Sessions in whose repository something may have happened. */
  #staleGit = new Set<string>()
  #gathering: ReturnType<typeof setTimeout> | null = null
  readonly #listeners = new Set<() => void>()
  readonly #wishes = new Set<Wish>()
  readonly #queries: QueryClient
  readonly #login: LiveLogin
  #socket: LiveSocket | null = null

  constructor(queries: QueryClient, login: LiveLogin) {
    this.#queries = queries
    this.#login = login
  }

  readonly status = (): LiveStatus => this.#status

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): void {
    if (this.#socket !== null) return
    const socket = io({
      path: '/socket.io',
      transports: ['websocket', 'polling'],
      reconnectionDelay: 300,
      reconnectionDelayMax: 5000,
      auth: (answer) => {
        this.#handshake().then(answer, () => answer({}))
      },
    })
    this.#socket = socket
    socket.on('connect', () => {
      // Before the first event there is no position to resume from: what was read earlier may be old.
      if (this.#lastSeq === null) void this.#queries.invalidateQueries({ queryKey: sessionsQuery.queryKey })
      for (const wish of this.#wishes) socket.emit(...wish.begin)
      this.#become('live')
    })
    socket.on('disconnect', (reason) => {
      this.#become('lost')
      // The server closed us on purpose (login ended, other rights, shutting down); the library does not come back by itself.
      if (reason === 'io server disconnect') this.#comeBack(socket, 1000)
    })
    socket.on('connect_error', () => {
      this.#become('lost')
      if (!socket.active) this.#comeBack(socket, 3000)
    })
    socket.onAny((name: string, payload: unknown) => this.#hear(name, payload))
  }

  /** Asks for it now, and again after every break, until the returned function is called. */
  readonly follow = (wish: Wish): (() => void) => {
    this.#wishes.add(wish)
    if (this.#socket?.connected === true) this.#socket.emit(...wish.begin)
    return () => {
      this.#wishes.delete(wish)
      if (this.#socket?.connected === true) this.#socket.emit(...wish.end)
    }
  }

  stop(): void {
    this.#socket?.disconnect()
    this.#socket = null
    this.#lastSeq = null
    if (this.#gathering !== null) clearTimeout(this.#gathering)
    this.#gathering = null
    this.#become('connecting')
  }

  /** Whoever is logged out meanwhile is not connected again: `stop` has closed this socket. */
  #comeBack(socket: LiveSocket, milliseconds: number): void {
    // A server that is away cannot say; then the next attempt will tell.
    this.#login.doubt().catch(() => undefined)
    setTimeout(() => {
      if (this.#socket === socket) socket.connect()
    }, milliseconds)
  }

  async #handshake(): Promise<Record<string, unknown>> {
    const token = await this.#login.token()
    return { ...(token === null ? {} : { token }), ...(this.#lastSeq === null ? {} : { lastSeq: this.#lastSeq }) }
  }

  #hear(name: string, payload: unknown): void {
    const seq = readSeq(payload)
    if (seq !== null) this.#lastSeq = name === 'events.reset' ? seq : Math.max(seq, this.#lastSeq ?? 0)
    const event = readEvent(name, payload)
    if (event !== null) this.#apply(event)
    for (const wish of this.#wishes) wish.hear(name, payload)
  }

  #apply(event: LiveEvent): void {
    if (event.type === 'reset') {
      void this.#queries.invalidateQueries()
      return
    }
    if (event.type === 'progress') {
      this.#queries.setQueryData(progressKey(event.id), event.progress)
      return
    }
    this.#announce(event)
    // The list of repositories tells of sessions, too.
    this.#gather()
    // What an agent did until it paused is worth a look, too.
    if (event.type === 'git' || event.type === 'agentState') this.#refetchGitSoon(event.id)
    if (event.type === 'git') return
    this.#queries.setQueryData(sessionsQuery.queryKey, (list) => list && applyToList(list, event))
    this.#queries.setQueriesData<Session>({ queryKey: ['session'] }, (session) => session && applyToSession(session, event))
    // How far it had got is over and told: the next creation or start begins anew.
    if (event.type === 'status' && (event.to === 'running' || event.to === 'starting')) this.#queries.setQueryData(progressKey(event.id), null)
    if (event.type === 'deleted') {
      this.#queries.removeQueries({ queryKey: progressKey(event.id) })
      this.#refetchSoon(event.id)
    } else if (needsRefetch(event)) {
      this.#refetchSoon(event.type === 'upsert' ? event.change.id : event.id)
    }
  }

  /** The session, while somebody looks at it. */
  #lookedAt(id: string): Session | undefined {
    const looked = this.#queries.getQueriesData<Session>({ queryKey: ['session'], type: 'active' })
    return looked.map(([, session]) => session).find((session) => isSessionWithId(session, new Set([id])))
  }

  /** What happens to a session while one looks at it is worth a word. */
  #announce(event: LiveEvent): void {
    if (event.type === 'git' && event.alarm !== null && this.#lookedAt(event.id) !== undefined) toast(event.alarm, 'error')
    if (event.type !== 'portOpened') return
    const looked = this.#lookedAt(event.id)
    if (looked !== undefined && isNewPort(looked, event)) {
      const { container, process } = event.port
      toast(`Port ${container} is open${process == null ? '' : ` (${process})`}: see Ports`)
    }
  }

  #refetchSoon(id: string): void {
    this.#stale.add(id)
    this.#gather()
  }

  #refetchGitSoon(id: string): void {
    this.#staleGit.add(id)
    this.#gather()
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => {
      const ids = this.#stale
      void this.#queries.invalidateQueries({ queryKey: repositoriesKey })
      for (const changed of this.#staleGit) void this.#queries.invalidateQueries({ queryKey: gitKey(changed) })
      this.#stale = new Set()
      this.#staleGit = new Set()
      this.#gathering = null
      if (ids.size === 0) return
      void this.#queries.invalidateQueries({ queryKey: sessionsQuery.queryKey })
      for (const changed of ids) void this.#queries.invalidateQueries({ queryKey: sharesKey(changed) })
      // Sessions are cached under the id or name that stood in the URL, so they are found by what they hold.
      void this.#queries.invalidateQueries({
        queryKey: ['session'],
        predicate: ({ state }) => isSessionWithId(state.data, ids),
      })
    }, GATHER_MS)
  }

  #become(status: LiveStatus): void {
    this.#status = status
    for (const listener of this.#listeners) listener()
  }
}

function isSessionWithId(data: unknown, ids: ReadonlySet<string>): boolean {
  return typeof data === 'object' && data !== null && 'id' in data && typeof data.id === 'string' && ids.has(data.id)
}
