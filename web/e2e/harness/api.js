// The HTTP API as a program uses it: fetch with a bearer token. Every answer is checked for what all answers have in common,
// and every route that was called is remembered, so that a test can compare them with the OpenAPI document.
import assert from 'node:assert/strict'
import { Hopeless, waitFor } from './wait.js'

let names = 0

/** A name that no other session has. */
export function freshName(prefix = 'session') {
  names += 1
  return `${prefix}-${process.pid}-${names}`
}

export class Api {
  /** `METHOD /path` of every call of every client in this process. */
  static called = new Set()
  #server
  token

  constructor(server, token) {
    this.#server = server
    this.token = token
  }

  static async login(server, username, password) {
    const api = new Api(server, null)
    const answer = await api.post('/api/auth/login', { username, password })
    return new Api(server, answer.accessToken)
  }

  /** The answer as it came, whatever its status. `body` is sent as JSON, `raw` as it is. */
  async send(method, path, { body, raw, headers = {} } = {}) {
    Api.called.add(`${method} ${path.split('?')[0]}`)
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    const authorization = this.token === null ? {} : { authorization: `Bearer ${this.token}` }
    const response = await fetch(`${this.#server.url}${path}`, {
      method,
      headers: { ...json, ...authorization, ...headers },
      body: body === undefined ? raw : JSON.stringify(body),
    })
    assert.ok(response.headers.get('x-request-id'), `${method} ${path} carries an X-Request-Id`)
    return response
  }

  /** The body of a good answer; anything else is an error that shows what came. */
  async call(method, path, options) {
    const response = await this.send(method, path, options)
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
    const isJson = (response.headers.get('content-type') ?? '').includes('json')
    return isJson ? JSON.parse(text) : text
  }

  get(path) {
    return this.call('GET', path)
  }

  post(path, body = {}) {
    return this.call('POST', path, { body })
  }

  patch(path, body) {
    return this.call('PATCH', path, { body })
  }

  delete(path) {
    return this.call('DELETE', path)
  }

  /** A refusal: checks that it is a problem document with this status and code, and gives it back. */
  async refused(method, path, status, code, options) {
    const response = await this.send(method, path, options)
    const text = await response.text()
    const what = `${method} ${path} answered ${response.status}: ${text}`
    assert.equal(response.status, status, what)
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/, what)
    const problem = JSON.parse(text)
    if (code instanceof RegExp) assert.match(problem.code, code, what)
    else assert.equal(problem.code, code, what)
    assert.equal(problem.status, status, what)
    for (const field of ['type', 'title', 'detail']) assert.equal(typeof problem[field], 'string', what)
    assert.equal(problem.requestId, response.headers.get('x-request-id'), what)
    return problem
  }

  /** Makes a session and waits until it runs. */
  async session(fields = {}) {
    const made = await this.post('/api/sessions', { name: freshName(), agent: 'shell', runtime: 'host', ...fields })
    this.#server.remember(made.id)
    return this.untilStatus(made.id, 'running')
  }

  async untilStatus(id, status) {
    let session
    const reached = async () => {
      session = await this.get(`/api/sessions/${encodeURIComponent(id)}`)
      if (session.status === 'error' && status !== 'error') throw new Hopeless(`the session ended in error: ${session.statusReason}`)
      return session.status === status
    }
    const show = async () => `${JSON.stringify(session, null, 1)}\n${await this.get(`/api/sessions/${id}/logs?format=text`)}`
    await waitFor(`session ${id} to be ${status}`, reached, { show })
    return session
  }

  /** What stands on a terminal's screen. */
  screen(session, terminal = 'agent', lines = '') {
    const query = lines === '' ? '' : `&lines=${lines}`
    return this.get(`/api/sessions/${session.id}/terminals/${terminal}/screen?format=text${query}`)
  }

  type(session, terminal, data) {
    return this.post(`/api/sessions/${session.id}/terminals/${terminal}/input`, { data })
  }

  /** Waits until the terminal's screen matches; the error shows the screen. */
  async untilScreen(session, terminal, pattern, options = {}) {
    const show = async () => `the screen of ${terminal}:\n${await this.screen(session, terminal)}`
    return waitFor(`${pattern} on the screen of ${terminal}`, async () => pattern.exec(await this.screen(session, terminal)), { show, ...options })
  }
}
