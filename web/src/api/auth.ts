// Who is logged in, in this tab. Keeps the access token in memory only, renews it with the refresh cookie before it
// expires, and makes sure that at most one renewal is under way over all tabs: a rotating refresh token that is sent
// twice looks like theft to the server. It knows neither React nor the router.
//
//   unknown ──refresh──► signedIn ──expires, 401──► (refresh) ──► signedIn
//      └──────401──────► signedOut ◄──logout, 401──────┘
import { isRecord, numberOf, parseJson, stringOf } from './json'
import { ApiError, apiError, readProblem, unreachable } from './problem'
import type { Role, TokenAnswer, User } from './types'

export type AuthState =
  | { kind: 'unknown' }
  | { kind: 'signedOut' }
  | { kind: 'signedIn'; token: string; expiresAt: number; user: User }

export type AuthMessage = { kind: 'signedIn'; answer: TokenAnswer } | { kind: 'signedOut' }

/** The outside world, handed in so that tests can stand in for it. */
export interface AuthWorld {
  fetch: (input: string, init: RequestInit) => Promise<Response>
  now: () => number
  /** Runs `work` while no other tab runs any. */
  exclusively: <T>(work: () => Promise<T>) => Promise<T>
  broadcast: (message: AuthMessage) => void
  /** Calls back after so many milliseconds; answers how to call it off. */
  after: (milliseconds: number, call: () => void) => () => void
}

/** Renew this long before the token expires, in milliseconds. */
const AHEAD_MS = 60_000
/** A token that lives this much longer is still good for a call, in milliseconds. */
const USABLE_MS = 10_000
/** After a renewal that the network swallowed, in milliseconds. */
const RETRY_MS = 15_000

export class Auth {
  #state: AuthState = { kind: 'unknown' }
  #inFlight: Promise<string | null> | null = null
  /** A logout that the server has not answered yet; it never rejects. */
  #loggingOut: Promise<unknown> | null = null
  #cancelTimer: () => void = () => undefined
  readonly #listeners = new Set<() => void>()
  readonly #world: AuthWorld

  constructor(world: AuthWorld) {
    this.#world = world
  }

  readonly state = (): AuthState => this.#state

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  user(): User | null {
    return this.#state.kind === 'signedIn' ? this.#state.user : null
  }

  /** A usable access token, renewed where necessary; `null` when nobody is logged in. Throws when the server is away. */
  async accessToken(): Promise<string | null> {
    if (this.#loggingOut !== null) return this.#nobody()
    const state = this.#state
    if (state.kind === 'signedOut') return null
    if (state.kind === 'signedIn' && state.expiresAt - this.#world.now() > USABLE_MS) return state.token
    return this.renew(state.kind === 'signedIn' ? state.token : null)
  }

  /** Renews, unless a newer token than `stale` is already there. All callers of the moment share one request. */
  renew(stale: string | null): Promise<string | null> {
    if (this.#loggingOut !== null) return this.#nobody()
    this.#inFlight ??= this.#renewOnce(stale).finally(() => {
      this.#inFlight = null
    })
    return this.#inFlight
  }

  /** Asks the server whether the login still stands, because something says that it does not. */
  async doubt(): Promise<void> {
    if (this.#state.kind === 'signedIn') await this.renew(this.#state.token)
  }

  async login(username: string, password: string): Promise<void> {
    this.#accept(await this.#post('/api/auth/login', { username, password }))
  }

  async setUp(token: string, username: string, password: string): Promise<void> {
    this.#accept(await this.#post('/api/auth/setup', { token, username, password }))
  }

  /** Every other sign-in ends with it; this one goes on with the tokens of the answer. */
  async changePassword(currentPassword: string, newPassword: string): Promise<void> {
    await this.accessToken()
    this.#accept(await this.#post('/api/auth/password', { currentPassword, newPassword }))
  }

  /**
   * Ends the sign-in on the server; whoever wants a token meanwhile waits, and what the page is asking is taken back, so that no
   * answer is a refusal. Then takes the person off pages that need one.
   */
  async logout(page: { takeBack: () => Promise<void>; leave: () => Promise<void> }): Promise<void> {
    const answered = this.#world.fetch('/api/auth/logout', { method: 'POST', headers: this.#headers(), body: '{}' })
    this.#loggingOut = answered.catch(() => undefined)
    try {
      await page.takeBack()
      await answered
    } finally {
      await page.leave()
      this.#leave()
      this.#world.broadcast({ kind: 'signedOut' })
    }
  }

  /** What another tab said. */
  hear(message: AuthMessage): void {
    if (message.kind === 'signedOut') this.#leave()
    else this.#hold(message.answer)
  }

  /** The token of somebody who is logging out, once that is done. */
  async #nobody(): Promise<null> {
    await this.#loggingOut
    return null
  }

  async #renewOnce(stale: string | null): Promise<string | null> {
    return this.#world.exclusively(async () => {
      // While this tab waited for its turn another one may have renewed and told us.
      const state = this.#state
      const newer = state.kind === 'signedIn' && state.token !== stale
      if (newer && state.expiresAt - this.#world.now() > USABLE_MS) return state.token
      try {
        const answer = await this.#post('/api/auth/refresh', {})
        // Who left meanwhile stays away.
        if (this.#loggingOut !== null || this.#state.kind === 'signedOut') return null
        this.#accept(answer)
        return answer.accessToken
      } catch (error) {
        if (error instanceof ApiError && (error.problem.status === 401 || error.problem.status === 403)) {
          this.#leave()
          this.#world.broadcast({ kind: 'signedOut' })
          return null
        }
        this.#schedule(RETRY_MS)
        throw error
      }
    })
  }

  async #post(path: string, body: object): Promise<TokenAnswer> {
    let response: Response
    try {
      response = await this.#world.fetch(path, {
        method: 'POST',
        headers: this.#headers(),
        credentials: 'same-origin',
        body: JSON.stringify(body),
      })
    } catch {
      throw unreachable()
    }
    const json = parseJson(await response.text())
    if (!response.ok) throw apiError(json, response)
    const answer = readTokenAnswer(json)
    if (answer === null) throw new ApiError(readProblem({ title: 'The server gave an unknown answer' }, 502))
    return answer
  }

  #headers(): Record<string, string> {
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json' }
    return this.#state.kind === 'signedIn' ? { ...headers, Authorization: `Bearer ${this.#state.token}` } : headers
  }

  #accept(answer: TokenAnswer): void {
    this.#hold(answer)
    this.#world.broadcast({ kind: 'signedIn', answer })
  }

  #hold(answer: TokenAnswer): void {
    const lifetime = answer.expiresIn * 1000
    this.#set({
      kind: 'signedIn',
      token: answer.accessToken,
      expiresAt: this.#world.now() + lifetime,
      user: answer.user,
    })
    this.#schedule(Math.max(lifetime - AHEAD_MS, lifetime / 2))
  }

  #schedule(milliseconds: number): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#world.after(milliseconds, () => {
      const token = this.#state.kind === 'signedIn' ? this.#state.token : null
      // A failure is met again by the next call or by the retry that the renewal itself scheduled.
      this.renew(token).catch(() => undefined)
    })
  }

  #leave(): void {
    this.#loggingOut = null
    this.#cancelTimer()
    this.#set({ kind: 'signedOut' })
  }

  #set(state: AuthState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}

export function readTokenAnswer(value: unknown): TokenAnswer | null {
  if (!isRecord(value) || !isRecord(value['user'])) return null
  const accessToken = stringOf(value['accessToken'])
  const expiresIn = numberOf(value['expiresIn'])
  const id = stringOf(value['user']['id'])
  const username = stringOf(value['user']['username'])
  const role = readRole(value['user']['role'])
  if (accessToken === null || expiresIn === null || id === null || username === null) return null
  return { accessToken, expiresIn, user: { id, username, role } }
}

function readRole(value: unknown): Role {
  return value === 'admin' || value === 'member' ? value : 'viewer'
}
