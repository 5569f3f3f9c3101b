// The HTTP API from outside: every endpoint of a session's life over fetch against a real server.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Api, freshName } from '../harness/api.js'
import { isAlive } from '../harness/processes.js'
import { PASSWORD, Server } from '../harness/server.js'
import { waitFor, within } from '../harness/wait.js'

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

let server
let api
before(async () => {
  server = await Server.start()
  api = await server.api()
})
after(() => server?.close())

test('a server tells how it fares without a login, and nothing else', async () => {
  const anybody = new Api(server, null)
  for (const path of ['/health', '/api/health']) {
    const health = await anybody.get(path)
    assert.equal(health.status, 'ok')
    assert.equal(health.checks.database.status, 'ok')
    for (const number of [health.uptimeSeconds, health.sessions.running, health.sessions.total]) assert.equal(typeof number, 'number')
  }
  for (const path of ['/livez', '/readyz']) assert.ok((await anybody.send('GET', path)).ok, path)
  assert.match(await anybody.get('/metrics'), /^# (HELP|TYPE) /m)
  for (const path of ['/api/sessions', '/api/config', '/api/auth/me', '/api/sessions/x/logs', '/api/sessions/stats']) {
    await anybody.refused('GET', path, 401, /^auth\./)
  }
  await anybody.refused('POST', '/api/sessions', 401, /^auth\./, { body: { name: 'x' } })
  const config = await api.get('/api/config')
  assert.ok(config.agents.some(({ name }) => name === 'shell'))
  assert.deepEqual(config.allowedBaseDirs, [server.home])
})

test('a login gives tokens, a refresh renews them once, a wrong password gives none', async () => {
  const anybody = new Api(server, null)
  await anybody.refused('POST', '/api/auth/login', 401, /^auth\./, { body: { username: 'admin', password: 'wrong' } })
  await anybody.refused('POST', '/api/auth/login', 401, /^auth\./, { body: { username: 'nobody', password: PASSWORD } })
  await anybody.refused('POST', '/api/auth/setup', 409, /^(auth|setup)\./, { body: { token: 'x'.repeat(32), username: 'second', password: PASSWORD } })
  const response = await anybody.send('POST', '/api/auth/login', { body: { username: 'admin', password: PASSWORD } })
  const { accessToken, expiresIn, user } = await response.json()
  assert.deepEqual([user.username, user.role], ['admin', 'admin'])
  assert.ok(expiresIn > 0)
  const cookies = response.headers.getSetCookie()
  const refresh = cookies.find((cookie) => /refresh/i.test(cookie))
  assert.match(refresh, /HttpOnly/i)
  assert.match(refresh, /SameSite=(Strict|Lax)/i)
  const me = await new Api(server, accessToken).get('/api/auth/me')
  assert.equal(me.username, 'admin')
  const cookie = refresh.split(';')[0]
  const renew = () => anybody.send('POST', '/api/auth/refresh', { body: {}, headers: { cookie, origin: server.url } })
  const renewed = await renew()
  assert.ok((await renewed.json()).accessToken)
  const fresh = renewed.headers.getSetCookie().find((text) => /refresh/i.test(text)).split(';')[0]
  assert.notEqual(fresh, cookie, 'a refresh token is used once')
  // Without the own page as origin a cookie is worth nothing.
  await anybody.refused('POST', '/api/auth/refresh', 403, 'request.origin', { body: {}, headers: { cookie: fresh, origin: 'https://evil.example' } })
})

test('a session is created, found, changed and deleted', async () => {
  const name = freshName('life of')
  const response = await api.send('POST', '/api/sessions', {
    body: { name, description: 'first words', agent: 'shell', runtime: 'host', env: { COLOUR: 'ember' }, labels: { team: 'north' } },
  })
  assert.equal(response.status, 201)
  const made = await response.json()
  assert.match(made.id, ID)
  assert.equal(response.headers.get('location'), `/api/sessions/${made.id}`)
  assert.ok(['pending', 'starting', 'running'].includes(made.status), made.status)
  const session = await api.untilStatus(made.id, 'running')
  for (const field of ['createdAt', 'updatedAt', 'agentStateSince']) assert.match(session[field], TIME, field)
  assert.equal(session.owner.username, 'admin')
  assert.deepEqual(session.terminals.map((terminal) => [terminal.name, terminal.running]), [['agent', true], ['manual', true]])
  assert.ok(session.workdir.startsWith(server.dataDir), 'without a word it gets a directory of its own')
  assert.ok(isAlive(session.pid))
  assert.equal((await api.get(`/api/sessions/${encodeURIComponent(name)}`)).id, made.id, 'its name addresses it too')

  const changed = await api.patch(`/api/sessions/${made.id}`, { description: 'other words', labels: { team: 'south' } })
  assert.deepEqual([changed.description, changed.labels], ['other words', { team: 'south' }])
  const renamed = freshName('renamed')
  await api.patch(`/api/sessions/${made.id}`, { name: renamed })
  assert.equal((await api.get(`/api/sessions/${renamed}`)).id, made.id)
  await api.refused('GET', `/api/sessions/${encodeURIComponent(name)}`, 404, 'session.not_found')
  await api.refused('PATCH', `/api/sessions/${made.id}`, 422, 'request.invalid', { body: { status: 'stopped' } })

  assert.equal((await api.send('DELETE', `/api/sessions/${made.id}`)).status, 204)
  await api.refused('GET', `/api/sessions/${made.id}`, 404, 'session.not_found')
  await waitFor('its daemon to end', () => !isAlive(session.pid))
  assert.equal(existsSync(session.workdir), false, 'its own directory goes with it')
})

test('a directory that a person named is worked in, and stays', async () => {
  const workdir = join(server.home, freshName('project'))
  mkdirSync(workdir)
  writeFileSync(join(workdir, 'kept.txt'), 'mine')
  const session = await api.session({ workdir })
  await api.type(session, 'manual', 'pwd; ls\r')
  await api.untilScreen(session, 'manual', new RegExp(`^${workdir}\\nkept.txt$`, 'm'))
  await api.delete(`/api/sessions/${session.id}`)
  assert.ok(existsSync(join(workdir, 'kept.txt')))
})

test('sessions are listed, filtered, searched, sorted and paged', async () => {
  const mark = freshName('listed')
  const sessions = []
  for (const [letter, label] of [['c', 'odd'], ['a', 'even'], ['b', 'odd']]) {
    sessions.push(await api.session({ name: `${mark} ${letter}`, description: `about ${mark}`, labels: { kind: label, mark } }))
  }
  const [c, a, b] = sessions
  await api.post(`/api/sessions/${b.id}/stop`)
  const list = async (query) => (await api.get(`/api/sessions?label=mark=${mark}&${query}`)).items.map(({ id }) => id)
  assert.deepEqual(await list('sort=name'), [a.id, b.id, c.id])
  assert.deepEqual(await list('sort=-name'), [c.id, b.id, a.id])
  assert.deepEqual(await list('sort=-created'), [b.id, a.id, c.id])
  assert.deepEqual(await list('status=stopped'), [b.id])
  assert.deepEqual((await list('status=running,stopped')).length, 3)
  assert.deepEqual(await list('label=kind=even'), [a.id])
  assert.deepEqual((await list('label=kind')).length, 3)
  assert.deepEqual((await list('agent=shell&runtime=host')).length, 3)
  assert.deepEqual(await list('agent=claude'), [])
  assert.deepEqual(await list(`q=${encodeURIComponent(`${mark.toUpperCase()} A`)}`), [a.id])
  assert.deepEqual(await list('q=%25'), [], 'what databases take for patterns is plain text')
  const pages = []
  let cursor = ''
  do {
    const page = await api.get(`/api/sessions?label=mark=${mark}&sort=name&limit=1${cursor}`)
    assert.equal(page.total, 3)
    pages.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor === null ? null : `&cursor=${encodeURIComponent(page.nextCursor)}`
  } while (cursor !== null)
  assert.deepEqual(pages, [a.id, b.id, c.id])
  for (const query of ['sort=size', 'limit=0', 'limit=many', 'status=gone', 'cursor=forged']) {
    await api.refused('GET', `/api/sessions?${query}`, 422, 'request.invalid')
  }
  const stats = await api.get('/api/sessions/stats')
  assert.equal(stats.total, Object.values(stats.byStatus).reduce((sum, count) => sum + count, 0))
})

test('a session is stopped, started and restarted, and its terminals with it', async () => {
  const session = await api.session()
  const path = `/api/sessions/${session.id}`
  await api.type(session, 'manual', 'echo first li""fe > note.txt\r')
  const stopped = await api.post(`${path}/stop`)
  assert.equal(stopped.status, 'stopped')
  await waitFor('its daemon to end', () => !isAlive(session.pid))
  await api.refused('POST', `${path}/terminals/manual/input`, 409, 'session.not_running', { body: { data: 'x' } })
  await api.post(`${path}/start`)
  const again = await api.untilStatus(session.id, 'running')
  assert.notEqual(again.pid, session.pid)
  await api.type(session, 'manual', 'cat note.txt\r')
  await api.untilScreen(session, 'manual', /^first life$/m)
  await api.post(`${path}/restart`)
  const third = await api.untilStatus(session.id, 'running')
  assert.notEqual(third.pid, again.pid)
  await waitFor('its second daemon to end', () => !isAlive(again.pid))
})

test('health, stats and logs tell how a session fares', async () => {
  const session = await api.session()
  const path = `/api/sessions/${session.id}`
  const health = await api.get(`${path}/health`)
  assert.equal(health.healthy, true, JSON.stringify(health))
  const stats = await api.get(`${path}/stats`)
  assert.ok(stats.processes >= 3, 'its daemon and two shells')
  assert.ok(stats.memoryBytes > 0 && stats.uptimeMs >= 0)
  const { items } = await api.get(`${path}/logs?tail=100`)
  assert.ok(items.length > 0)
  for (const { at, level, message } of items) {
    assert.match(at, TIME)
    assert.ok(['debug', 'info', 'warn', 'error'].includes(level))
    assert.equal(typeof message, 'string')
  }
  const download = await api.send('GET', `${path}/logs?format=text`)
  assert.match(download.headers.get('content-type'), /^text\/plain/)
  assert.match(download.headers.get('content-disposition'), /attachment/)
  assert.equal((await download.text()).trim().split('\n').length, items.length)

  const followed = await api.send('GET', `${path}/logs?follow=true`)
  const reader = followed.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  await api.post(`${path}/stop`)
  const read = async () => {
    while (!/stop/i.test(text.split('\n').slice(items.length).join('\n'))) {
      const { value, done } = await reader.read()
      assert.ok(!done, `the log ended early: ${text}`)
      text += value
    }
  }
  await within('the stop to be in the followed log', read())
  await reader.cancel()
  for (const line of text.trim().split('\n').slice(0, -1)) assert.equal(typeof JSON.parse(line).message, 'string')
  await api.refused('GET', `${path}/logs?level=loud`, 422, 'request.invalid')
})

test('a program runs beside the terminals and tells how it ended', async () => {
  const session = await api.session({ env: { COLOUR: 'ember' } })
  const exec = (command, more = {}) => api.post(`/api/sessions/${session.id}/exec`, { command, ...more })
  const { exitCode, stdout, stderr, truncated } = await exec(['sh', '-c', 'echo out $COLOUR; echo err >&2; exit 3'])
  assert.deepEqual({ exitCode, stdout, stderr, truncated }, { exitCode: 3, stdout: 'out ember\n', stderr: 'err\n', truncated: false })
  assert.equal((await exec(['echo', '$HOME; `id` #(id)'])).stdout, '$HOME; `id` #(id)\n', 'no shell takes it apart')
  assert.equal((await exec(['pwd'])).stdout, `${session.workdir}\n`)
  const environment = (await exec(['env'])).stdout
  assert.doesNotMatch(environment, /^(LONGHOUSE_ADMIN_PASSWORD|TMUX|TMUX_PANE|[A-Z_]*TOKEN)=/m, 'nothing of the server is inherited')
  assert.equal((await exec(['sh', '-c', 'head -c 50000000 /dev/zero | tr "\\0" x'])).truncated, true)
  const late = await exec(['sleep', '1000'], { timeoutSeconds: 1 })
  assert.notEqual(late.exitCode, 0)
  const invalid = [[[], {}], [['true'], { timeoutSeconds: 0 }], [['a\0b'], {}]]
  for (const [command, more] of invalid) {
    await api.refused('POST', `/api/sessions/${session.id}/exec`, 422, 'request.invalid', { body: { command, ...more } })
  }
  const missing = await api.send('POST', `/api/sessions/${session.id}/exec`, { body: { command: ['no-such-program'] } })
  assert.ok(missing.status < 500, `a missing program answered ${missing.status}: ${await missing.text()}`)
})

test('terminals are opened, resized, captured, restarted and closed', async () => {
  const session = await api.session()
  const path = `/api/sessions/${session.id}/terminals`
  const opened = await api.call('POST', path, { body: { name: 'third', title: 'A third one', cols: 90, rows: 25 } })
  assert.deepEqual([opened.name, opened.title, opened.cols, opened.rows], ['third', 'A third one', 90, 25])
  await api.refused('POST', path, 409, /./, { body: { name: 'third' } })
  const program = await api.post(path, { name: 'program', command: ['sh', '-c', 'echo started as a program; exec sleep 1000'] })
  await api.untilScreen(session, program.name, /^started as a program$/m)
  assert.deepEqual((await api.get(path)).items.map(({ name }) => name), ['agent', 'manual', 'third', 'program'])

  assert.deepEqual((({ cols, rows }) => [cols, rows])(await api.post(`${path}/third/resize`, { cols: 100, rows: 30 })), [100, 30])
  // tmux hands the size on when it gets to it.
  await api.type(session, 'third', 'until [ "$(stty size)" = "30 100" ]; do sleep 0.05; done; stty size; printf "\\033[31mred & <b>\\033[0m\\n"\r')
  await api.untilScreen(session, 'third', /^30 100\nred & <b>$/m)
  const capture = (format, lines = 0) => api.get(`${path}/third/screen?format=${format}&lines=${lines}`)
  assert.match(await capture('ansi'), /\u001b\[[0-9;]*31[0-9;]*mred & <b>/)
  const html = await capture('html')
  assert.match(html, /red &amp; &lt;b&gt;/)
  assert.doesNotMatch(html, /red & <b>/)
  await api.type(session, 'third', 'seq 1 200; echo fi""nished\r')
  await api.untilScreen(session, 'third', /^finished$/m)
  assert.doesNotMatch(await capture('text'), /^1$/m)
  assert.match(await capture('text', 500), /^1\n2\n3$/m, 'the lines above the screen are kept')

  const size = await api.post(`/api/sessions/${session.id}/resize`, { cols: 0, rows: 65_535 })
  assert.deepEqual([size.name, size.cols, size.rows], ['agent', 1, 1000], 'sizes are brought into range')
  await api.post(`/api/sessions/${session.id}/resize`, { cols: 80, rows: 24 })

  const before = await api.get(`${path}/third`)
  const after = await api.post(`${path}/third/restart`)
  assert.notEqual(after.pid, before.pid)
  await api.delete(`${path}/third`)
  await api.refused('GET', `${path}/third`, 404, 'terminal.not_found')
  await waitFor('its shell to end', () => !isAlive(after.pid))
})

test('the same key makes one session', async () => {
  const body = { name: freshName('once'), agent: 'shell' }
  const send = (change = {}) => api.send('POST', '/api/sessions', { body: { ...body, ...change }, headers: { 'idempotency-key': `key-${body.name}` } })
  const answers = await Promise.all([send(), send(), send()])
  const ids = []
  for (const answer of answers) {
    const text = await answer.text()
    assert.equal(answer.status, 201, text)
    ids.push(JSON.parse(text).id)
  }
  assert.equal(new Set(ids).size, 1)
  const other = await send({ name: freshName('twice') })
  assert.ok([409, 422].includes(other.status), `another request under the same key answered ${other.status}`)
  await api.untilStatus(ids[0], 'running')
  await api.refused('POST', '/api/sessions', 409, 'session.name_taken', { body })
})

/**
 * The answer to a body that goes on after the largest that is allowed. It stops there and waits: a client that writes on while the
 * server closes may lose the answer.
 */
async function statusOfLargeBody() {
  const { maxBodyBytes } = (await api.get('/api/config')).limits
  const headers = { authorization: `Bearer ${api.token}`, 'content-type': 'application/json', 'content-length': 10 * maxBodyBytes }
  const sent = request(`${server.url}/api/sessions`, { method: 'POST', headers })
  sent.write(`{"name":"x","description":"`)
  sent.write('x'.repeat(maxBodyBytes))
  const [response] = await within('the refusal of a large body', once(sent, 'response'))
  sent.destroy()
  return response.statusCode
}

test('what is wrong with a request is told by field, and leaves nothing behind', async () => {
  const { total } = await api.get('/api/sessions')
  const outside = join(server.root, 'outside')
  mkdirSync(outside)
  mkdirSync(`${server.home}-evil`)
  symlinkSync(outside, join(server.home, 'way-out'))
  const long = 'x'.repeat(65)
  const table = [
    ['no name', { name: undefined }, 'name'],
    ...['', ' ', long, '#(id)', 'a;', 'a;b', 'a\nb', '../x', 'a/b', '..', 'a\0b', '$(id)', 'é', ' a'].map((name) => [`the name ${JSON.stringify(name)}`, { name }, 'name']),
    ['a name that is a number', { name: 7 }, 'name'],
    ['an unknown field', { colour: 'red' }, 'colour'],
    ['an unknown agent', { agent: 'vim' }, 'agent'],
    ['an agent that is not installed', { agent: 'droid' }, 'agent'],
    ['an autonomous run without a task', { mode: 'autonomous' }, 'prompt'],
    ['flags that are no list', { flags: '-x' }, 'flags'],
    ['a variable with a bad name', { env: { 'A=B': 'x' } }, 'env'],
    ['a variable with a NUL', { env: { A: 'x\0' } }, 'env'],
    ['an image on the host', { image: 'debian' }, 'image'],
    ['a relative directory', { workdir: 'project' }, 'workdir'],
    ['a directory outside', { workdir: outside }, 'workdir'],
    ['a directory above', { workdir: `${server.home}/..` }, 'workdir'],
    ['a directory whose name begins alike', { workdir: `${server.home}-evil` }, 'workdir'],
    ['a link that leads outside', { workdir: join(server.home, 'way-out') }, 'workdir'],
    ['a way through a link', { workdir: join(server.home, 'way-out/deeper') }, 'workdir'],
    ['a directory that holds a command', { workdir: `${server.home}/#(touch x)` }, 'workdir'],
    ['the file system itself', { workdir: '/' }, 'workdir'],
  ]
  for (const [what, change, field] of table) {
    const body = { name: freshName('bad'), agent: 'shell', ...change }
    const problem = await api.refused('POST', '/api/sessions', 422, 'request.invalid', { body }).catch((error) => {
      throw new Error(`${what}: ${error.message}`)
    })
    assert.ok(problem.errors.some((error) => error.field.startsWith(field)), `${what}: ${JSON.stringify(problem)}`)
  }
  const hint = await api.refused('POST', '/api/sessions', 422, 'request.invalid', { body: { name: freshName('bad'), agent: 'claude' } })
  assert.match(JSON.stringify(hint), /npm install -g @anthropic-ai\/claude-code/, 'a missing program comes with the way to install it')

  const json = { 'content-type': 'application/json' }
  const post = (status, code, raw, headers = json) => api.refused('POST', '/api/sessions', status, code, { raw, headers })
  await post(400, 'request.malformed_json', '{"name":')
  await post(400, 'request.malformed_json', '')
  await post(400, /^request\./, Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]))
  await post(415, 'request.media_type', '{"name":"x"}', { 'content-type': 'text/plain' })
  assert.equal(await statusOfLargeBody(), 413)
  await post(400, 'request.malformed_json', '['.repeat(100_000))
  await post(422, 'request.invalid', '{"name":"a","name":"b"}')
  await api.refused('DELETE', '/api/config', 405, 'request.method_not_allowed')
  await api.refused('GET', '/api/no-such-thing', 404, 'request.not_found')
  for (const id of ['01940000-0000-7000-8000-000000000000', 'no such name', '..%2f..%2fetc', '%00', '%ff']) {
    const response = await api.send('GET', `/api/sessions/${id}`)
    assert.equal(response.status, 404, `${id}: ${await response.text()}`)
  }
  assert.equal((await api.get('/api/sessions')).total, total, 'no row was left')
  assert.equal((await api.get('/health')).status, 'ok')
})

test('names of terminals cannot hold commands', async () => {
  const session = await api.session()
  const path = `/api/sessions/${session.id}/terminals`
  for (const name of ['', '#(id)', 'a;', 'a.b', 'a:b', '-t', '../x', 'a b', 'x'.repeat(65)]) {
    await api.refused('POST', path, 422, 'request.invalid', { body: { name } })
  }
  await api.refused('POST', path, 422, 'request.invalid', { body: { command: [] } })
  for (const body of [{}, { data: 7 }, { data: 'x', more: 1 }]) await api.refused('POST', `${path}/manual/input`, 422, 'request.invalid', { body })
  await api.refused('POST', `${path}/manual/resize`, 422, 'request.invalid', { body: { cols: 'wide', rows: 1 } })
  await api.refused('GET', `${path}/manual/screen?format=pdf`, 422, 'request.invalid')
  assert.equal((await api.get(path)).total, 2)
})

test('the OpenAPI document knows every route that these tests called', async () => {
  const document = await api.get('/api/openapi.json')
  assert.match(document.openapi, /^3\./)
  assert.match(await api.get('/api/docs'), /<html/i)
  const patterns = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => new RegExp(`^${method.toUpperCase()} ${path.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`)),
  )
  const known = (call) => patterns.some((pattern) => pattern.test(call))
  const onPurpose = ['DELETE /api/config', 'GET /api/no-such-thing']
  const unknown = [...Api.called].filter((call) => !known(call) && !onPurpose.includes(call))
  assert.deepEqual(unknown, [])
  for (const { operationId } of Object.values(document.paths).flatMap(Object.values)) assert.match(operationId, /^[a-z_]+$/)
})
