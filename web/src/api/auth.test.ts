import { describe, expect, test } from 'vitest'
import { Auth } from './auth'
import type { AuthMessage, AuthWorld } from './auth'

const user = { id: 'u1', username: 'mira', role: 'member' }

/** A server and a browser in one: it counts requests and answers what the test says. */
class World implements AuthWorld {
  time = 0
  requests: { path: string; body: unknown; authorization: string | null }[] = []
  heard: AuthMessage[] = []
  timers: { at: number; call: () => void }[] = []
  answer: () => Response | Error = () => this.tokens()
  #issued = 0
  #lock: Promise<unknown> = Promise.resolve()

  tokens(): Response {
    this.#issued += 1
    return Response.json({ accessToken: `token-${this.#issued}`, expiresIn: 900, user })
  }
  fetch = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers)
    this.requests.push({ path, body: typeof init.body === 'string' ? JSON.parse(init.body) : null, authorization: headers.get('authorization') })
    await Promise.resolve()
    const answer = this.answer()
    if (answer instanceof Error) throw answer
    return answer
  }
  now = (): number => this.time
  exclusively = <T>(work: () => Promise<T>): Promise<T> => {
    const result = this.#lock.then(work)
    this.#lock = result.catch(() => undefined)
    return result
  }
  broadcast = (message: AuthMessage): void => void this.heard.push(message)
  after = (milliseconds: number, call: () => void): (() => void) => {
    const timer = { at: this.time + milliseconds, call }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((other) => other !== timer)
    }
  }
}

/** A page that asks nothing and has nowhere to go. */
const stays = { takeBack: () => Promise.resolve(), leave: () => Promise.resolve() }

const refusal = (status: number): Response => Response.json({ status, title: 'no', code: 'auth.x', detail: 'No.' }, { status })

test('all who need a token at the same moment share one refresh', async () => {
  const world = new World()
  const auth = new Auth(world)
  const tokens = await Promise.all([auth.accessToken(), auth.accessToken(), auth.renew(null)])
  expect(tokens).toEqual(['token-1', 'token-1', 'token-1'])
  expect(world.requests.map((request) => request.path)).toEqual(['/api/auth/refresh'])
  expect(world.requests[0]?.body).toEqual({})
})

test('a token that is still good is used without a request, one about to expire is renewed', async () => {
  const world = new World()
  const auth = new Auth(world)
  await auth.accessToken()
  world.time = 880_000
  expect(await auth.accessToken()).toBe('token-1')
  world.time = 895_000
  expect(await auth.accessToken()).toBe('token-2')
})

test('two tabs do not both spend the refresh cookie: the second uses what the first was told', async () => {
  const world = new World()
  const first = new Auth(world)
  const second = new Auth(world)
  world.broadcast = (message) => second.hear(message)
  const [one, two] = await Promise.all([first.renew(null), second.renew(null)])
  expect(one).toBe('token-1')
  expect(two).toBe('token-1')
  expect(world.requests).toHaveLength(1)
})

test('a refused token is renewed, unless another call has renewed it already', async () => {
  const world = new World()
  const auth = new Auth(world)
  await auth.accessToken()
  expect(await auth.renew('token-1')).toBe('token-2')
  expect(await auth.renew('token-1')).toBe('token-2')
  expect(world.requests).toHaveLength(2)
})

test('401 signs out here and in the other tabs', async () => {
  const world = new World()
  world.answer = () => refusal(401)
  const auth = new Auth(world)
  expect(await auth.accessToken()).toBeNull()
  expect(auth.state().kind).toBe('signedOut')
  expect(world.heard).toEqual([{ kind: 'signedOut' }])
  expect(await auth.accessToken()).toBeNull()
  expect(world.requests).toHaveLength(1)
})

test('a login that is doubted is asked about at once, though its token still looks good', async () => {
  const world = new World()
  const auth = new Auth(world)
  await auth.doubt()
  expect(world.requests).toEqual([])
  await auth.accessToken()
  world.answer = () => refusal(401)
  await auth.doubt()
  expect(auth.state()).toEqual({ kind: 'signedOut' })
})

test('too many tries say when to try again', async () => {
  const world = new World()
  world.answer = () => Response.json({ status: 429, title: 'Slow down', code: 'rate.limited' }, { status: 429, headers: { 'Retry-After': '17' } })
  await expect(new Auth(world).login('mira', 'x')).rejects.toMatchObject({ retryAfter: 17, problem: { status: 429 } })
})

describe('a server that is away', () => {
  test('is no reason to log out, and is asked again later', async () => {
    const world = new World()
    const auth = new Auth(world)
    await auth.accessToken()
    world.time = 895_000
    world.answer = () => new Error('connection refused')
    await expect(auth.accessToken()).rejects.toMatchObject({ problem: { code: 'network.unreachable' } })
    expect(auth.state().kind).toBe('signedIn')
    world.answer = () => world.tokens()
    expect(world.timers).toHaveLength(1)
    world.timers[0]?.call()
    expect(await auth.accessToken()).toBe('token-2')
  })

  test('503 neither', async () => {
    const world = new World()
    world.answer = () => refusal(503)
    const auth = new Auth(world)
    await expect(auth.accessToken()).rejects.toMatchObject({ problem: { status: 503 } })
    expect(auth.state().kind).toBe('unknown')
  })
})

test('the token is renewed a minute before it expires', async () => {
  const world = new World()
  await new Auth(world).login('mira', 'secret')
  expect(world.timers.map((timer) => timer.at)).toEqual([840_000])
})

test('changing the password goes on with the new tokens', async () => {
  const world = new World()
  const auth = new Auth(world)
  await auth.login('mira', 'old')
  await auth.changePassword('old', 'new')
  expect(world.requests.at(-1)).toEqual({
    path: '/api/auth/password',
    body: { currentPassword: 'old', newPassword: 'new' },
    authorization: 'Bearer token-1',
  })
  expect(auth.state()).toMatchObject({ token: 'token-2' })
})

test('logout forgets the token even when the server is away', async () => {
  const world = new World()
  const auth = new Auth(world)
  await auth.login('mira', 'secret')
  world.answer = () => new Error('gone')
  await expect(auth.logout(stays)).rejects.toThrow('gone')
  expect(auth.state().kind).toBe('signedOut')
  expect(world.timers).toEqual([])
})

test('logout takes back what is asked, and whoever wants a token meanwhile gets none and no request', async () => {
  const world = new World()
  const auth = new Auth(world)
  await auth.login('mira', 'secret')
  const steps: string[] = []
  const asked: Promise<string | null>[] = []
  const note = (step: string) => async (): Promise<void> => {
    steps.push(step)
    asked.push(auth.accessToken(), auth.renew('token-1'))
    await Promise.resolve()
  }
  await auth.logout({ takeBack: note('taken back'), leave: note('left') })
  expect(steps).toEqual(['taken back', 'left'])
  expect(await Promise.all(asked)).toEqual([null, null, null, null])
  expect(world.requests.map(({ path, authorization }) => [path, authorization])).toEqual([
    ['/api/auth/login', null],
    ['/api/auth/logout', 'Bearer token-1'],
  ])
  await auth.login('mira', 'secret')
  expect(await auth.accessToken()).not.toBeNull()
})

test('a renewal that is answered after the logout logs nobody in', async () => {
  const world = new World()
  const auth = new Auth(world)
  await auth.login('mira', 'secret')
  const answers: ((answer: Response) => void)[] = []
  const held = world.fetch
  world.fetch = (path, init) => (path.endsWith('/refresh') ? new Promise((resolve) => answers.push(resolve)) : held(path, init))
  const renewed = auth.renew('token-1')
  await expect.poll(() => answers.length).toBe(1)
  await auth.logout(stays)
  answers[0]?.(world.tokens())
  expect(await renewed).toBeNull()
  expect(auth.state().kind).toBe('signedOut')
  expect(world.heard.at(-1)).toEqual({ kind: 'signedOut' })
})

test('an answer in an unknown shape logs nobody in', async () => {
  const world = new World()
  world.answer = () => Response.json({ accessToken: 7 })
  const auth = new Auth(world)
  await expect(auth.login('mira', 'secret')).rejects.toThrow()
  expect(auth.user()).toBeNull()
})
