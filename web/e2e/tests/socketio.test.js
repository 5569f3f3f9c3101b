// The stock `socket.io-client` against the server: who gets in, what is told, terminals, and nothing missed over a break.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { freshName } from '../harness/api.js'
import { Listener } from '../harness/events.js'
import { Server, withServer } from '../harness/server.js'
import { waitFor } from '../harness/wait.js'

let server
let api
before(async () => {
  server = await Server.start()
  api = await server.api()
})
after(() => server?.close())

const WAYS = {
  'by WebSocket alone': { transports: ['websocket'] },
  'by polling alone': { transports: ['polling'] },
  'by polling with an upgrade': {},
}

for (const path of ['/socket.io', '/api/socket']) {
  for (const [way, options] of Object.entries(WAYS)) {
    test(`events, acknowledgements and a terminal reach a client ${way} at ${path}`, async () => {
      const listener = await Listener.connect(server, api, { path, ...options })
      const session = await api.session({ multiplexer: 'none' })
      await listener.until('the session to be told', () => listener.about('session.created', session.id).length > 0)
      if (Object.keys(options).length === 0) {
        await listener.until('the upgrade', () => listener.socket.io.engine.transport.name === 'websocket')
      }
      assert.deepEqual(await listener.ask('terminal:join', { sessionId: session.id, terminal: 'manual' }), { ok: true })
      assert.deepEqual(await listener.ask('terminal:input', { sessionId: session.id, terminal: 'manual' }, 'echo a$((40 + 2))b\r'), { ok: true })
      await listener.until('the output', () => /a42b/.test(listener.output(session.id, 'manual')))
      listener.close()
    })
  }
}

test('nobody gets in without a good token', async () => {
  for (const [what, auth] of [['none', {}], ['a forged one', { token: 'x.y.z' }], ['something else', { token: 7 }]]) {
    for (const transports of [['websocket'], ['polling']]) {
      const listener = new Listener(server.url, { auth, transports, reconnection: false })
      const error = await new Promise((resolve) => {
        listener.socket.on('connect_error', resolve)
        listener.socket.on('connect', () => resolve(null))
      })
      assert.ok(error, `a token (${what}) must be refused by ${transports}`)
      assert.match(error.message, /^auth\./)
      assert.deepEqual(listener.heard, [], 'and it hears nothing')
      listener.close()
    }
  }
  for (const origin of ['https://evil.example', 'null']) {
    const listener = new Listener(server.url, { auth: { token: api.token }, extraHeaders: { origin }, reconnection: false })
    const error = await new Promise((resolve) => {
      listener.socket.on('connect_error', resolve)
      listener.socket.on('connect', () => resolve(null))
    })
    assert.ok(error, `a page of ${origin} must be refused`)
    listener.close()
  }
})

test('the life of a session is told in both spellings with a growing seq', async () => {
  const listener = await Listener.connect(server, api)
  const session = await api.session()
  await api.patch(`/api/sessions/${session.id}`, { description: 'changed' })
  await api.post(`/api/sessions/${session.id}/stop`)
  await api.delete(`/api/sessions/${session.id}`)
  await listener.until('the deletion', () => listener.about('session:deleted', session.id).length > 0)

  for (const name of ['session.created', 'session.updated', 'session.status.changed', 'session.deleted']) {
    const dotted = listener.about(name, session.id)
    assert.ok(dotted.length > 0, `${name} is told`)
    assert.deepEqual(listener.about(name.replaceAll('.', ':'), session.id), dotted, `${name} is told in both spellings`)
  }
  const [created] = listener.about('session.created', session.id)
  assert.deepEqual([created.name, created.agent, created.owner.username], [session.name, 'shell', 'admin'])
  assert.ok(listener.about('session.updated', session.id).some(({ description }) => description === 'changed'))
  const changes = listener.about('session.status.changed', session.id)
  assert.ok(changes.some(({ from, to }) => from === 'starting' && to === 'running'))
  assert.equal(changes.at(-1).to, 'stopped')
  for (const change of changes) assert.ok('reason' in change)
  const stages = listener.about('session.progress', session.id).map(({ stage }) => stage)
  assert.ok(stages.length > 0 && stages.every((stage) => ['image', 'container', 'clone', 'setup', 'agent'].includes(stage)), `${stages}`)

  const numbers = listener.heard.filter(([name, payload]) => !name.includes(':') && name.startsWith('session.') && payload.seq !== undefined).map(([, { seq }]) => seq)
  assert.ok(numbers.every((seq, index) => Number.isSafeInteger(seq) && (index === 0 || seq > numbers[index - 1])), `${numbers}`)
  assert.ok(new Set(numbers).size > 3, `${numbers}`)
  listener.close()
})

test('a terminal is joined with its history, typed into, resized, left, and its end is told', async () => {
  const session = await api.session({ multiplexer: 'none' })
  const target = { sessionId: session.id, terminal: 'manual' }
  await api.type(session, 'manual', 'echo be""fore\r')
  await api.untilScreen(session, 'manual', /^before$/m)
  const listener = await Listener.connect(server, api)
  assert.deepEqual(await listener.ask('terminal:join', target), { ok: true })
  await listener.until('the history', () => listener.of('terminal:history').length === 1)
  assert.match(listener.output(session.id, 'manual').toString(), /before/)

  await listener.ask('terminal:resize', target, { cols: 97, rows: 33 })
  await listener.ask('terminal:input', target, 'until [ "$(stty size)" = "33 97" ]; do sleep 0.05; done; echo by""size $(stty size)\r')
  await listener.until('the size', () => /bysize 33 97/.test(listener.output(session.id, 'manual')))
  await listener.ask('terminal:input', target, Buffer.from('printf "\\303\\244\\360\\237\\224\\245."; seq 1 20000; echo fi""nished\r'))
  await listener.until('the numbers', () => /finished/.test(listener.output(session.id, 'manual')))
  const bytes = listener.output(session.id, 'manual').toString('utf8')
  const numbers = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\r\n`).join('')
  assert.ok(bytes.includes(`ä🔥.${numbers}finished`), 'every byte arrived once and in order')

  await listener.ask('terminal:leave', target)
  const { length } = listener.of('terminal:output')
  await api.type(session, 'manual', 'echo un""heard\r')
  await api.untilScreen(session, 'manual', /^unheard$/m)
  // What is answered after the output was on the screen would come after it here too.
  await listener.ask('terminal:join', { sessionId: session.id })
  assert.equal(listener.of('terminal:output').filter(([, , name]) => name === 'manual').length, length, 'who left hears no more')
  await listener.ask('terminal:join', target)
  await listener.ask('terminal:input', target, 'exit 5\r')
  await listener.until('the end', () => listener.of('terminal:exit').length > 0)
  assert.deepEqual(listener.of('terminal:exit')[0].slice(0, 2), [session.id, 5])
  listener.close()
})

test('a session alone names its agent’s terminal', async () => {
  const session = await api.session({ multiplexer: 'none' })
  const listener = await Listener.connect(server, api)
  assert.deepEqual(await listener.ask('terminal:join', session.id), { ok: true })
  listener.socket.emit('terminal:input', session.id, 'echo by$((1 + 1))name\r')
  await listener.until('the output', () => /by2name/.test(listener.output(session.id)))
  await listener.ask('terminal:resize', session.id, { cols: 66, rows: 22 })
  await waitFor('the size', async () => (await api.get(`/api/sessions/${session.id}/terminals/agent`)).cols === 66)
  listener.close()
})

test('what cannot be done is acknowledged with the reason', async () => {
  const session = await api.session()
  const listener = await Listener.connect(server, api)
  const refusal = async (...event) => {
    const answer = await listener.ask(...event)
    assert.equal(answer.ok, false, JSON.stringify([event, answer]))
    assert.equal(typeof answer.error.detail, 'string')
    return answer.error.code
  }
  const nowhere = '01940000-0000-7000-8000-000000000000'
  assert.equal(await refusal('terminal:join', nowhere), 'session.not_found')
  assert.equal(await refusal('terminal:join', { sessionId: session.id, terminal: 'nobody' }), 'terminal.not_found')
  assert.equal(await refusal('subscribe.session', { sessionId: nowhere }), 'session.not_found')
  assert.equal(await refusal('subscribe.logs', { sessionId: nowhere }), 'session.not_found')
  assert.match(await refusal('terminal:input', session.id, 'x'), /^terminal\./)
  assert.equal(await refusal('terminal:join', { colour: 'red' }), 'request.invalid')
  assert.match(await refusal('no:such:event', {}), /./)
  assert.deepEqual(await listener.ask('subscribe.session', { sessionId: session.id }), { ok: true })
  await listener.until('the session', () => listener.about('session.updated', session.id).length > 0)
  assert.deepEqual(await listener.ask('unsubscribe.session', { sessionId: session.id }), { ok: true })
  listener.close()
})

test('a log is followed', async () => {
  const session = await api.session()
  const listener = await Listener.connect(server, api)
  assert.deepEqual(await listener.ask('subscribe.logs', { sessionId: session.id, tail: 100 }), { ok: true })
  await listener.until('the past', () => listener.of('logs.stream').length > 0)
  const before = listener.of('logs.stream').length
  await api.post(`/api/sessions/${session.id}/stop`)
  await listener.until('what comes', () => listener.of('logs.stream').length > before)
  for (const [{ sessionId, line }] of listener.of('logs.stream')) {
    assert.equal(sessionId, session.id)
    assert.equal(typeof line.message, 'string')
  }
  assert.deepEqual(await listener.ask('unsubscribe.logs', { sessionId: session.id }), { ok: true })
  listener.close()
})

test('a client that names the last seq it saw gets exactly what it missed', async () => {
  const first = await Listener.connect(server, api)
  const seen = await api.session()
  await first.until('the session to run', () => first.about('session.status.changed', seen.id).some(({ to }) => to === 'running'))
  const lastSeq = Math.max(...first.heard.flatMap(([, payload]) => (payload?.seq === undefined ? [] : [payload.seq])))
  first.close()
  const name = freshName('missed')
  const missed = await api.session({ name })
  await api.delete(`/api/sessions/${seen.id}`)

  const second = await Listener.connect(server, api, { auth: { lastSeq } })
  assert.equal(second.about('session.created', missed.id)[0].name, name)
  assert.equal(second.about('session.deleted', seen.id).length, 1)
  assert.equal(second.of('events.reset').length, 0)
  assert.ok(second.heard.every(([event, payload]) => event === 'events.ready' || payload.seq > lastSeq), 'and nothing that it had')
  second.close()
  // A position that this server never gave cannot be continued.
  const stranger = await Listener.connect(server, api, { auth: { lastSeq: 9_000_000_000_000 } })
  assert.equal(stranger.of('events.reset').length, 1)
  stranger.close()
})

test('a break between any two messages costs none of them', async () => {
  const first = await Listener.connect(server, api)
  const session = await api.session()
  await api.post(`/api/sessions/${session.id}/stop`)
  await first.until('the end', () => first.about('session.status.changed', session.id).some(({ to }) => to === 'stopped'))
  await first.until('the session at rest', () => first.about('session.updated', session.id).some(({ status }) => status === 'stopped'))
  first.close()
  const story = (heard) => heard.filter(([name, payload]) => /^session\./.test(name) && payload.id === session.id)
  const told = story(first.heard)
  for (const [index, [name, { seq }]] of told.entries()) {
    const back = await Listener.connect(server, api, { auth: { lastSeq: seq } })
    const rest = story(back.heard)
    // Of several changes of the record a client that comes back is told one, with the record as it is.
    for (const [missed] of told.slice(index + 1)) {
      assert.ok(rest.some(([kind]) => kind === missed), `${missed} is told to one who heard ${name} (${seq}) last`)
    }
    assert.ok(rest.every(([, payload]) => payload.seq > seq), 'and nothing that it had')
    back.close()
  }
})

test('a client comes back by itself after a kill, and misses nothing', async () => {
  await withServer({}, async (mortal) => {
    const own = await mortal.api()
    const session = await own.session()
    const seen = { lastSeq: undefined }
    const listener = new Listener(mortal.url, {
      auth: (give) => give({ token: own.token, ...(seen.lastSeq === undefined ? {} : { lastSeq: seen.lastSeq }) }),
    })
    listener.socket.onAny((_, payload) => {
      if (payload?.seq !== undefined) seen.lastSeq = payload.seq
    })
    await listener.until('the connection', () => listener.of('events.ready').length === 1)
    // The change is acknowledged and the server dies at once, so that the event may not have been sent any more.
    await own.patch(`/api/sessions/${session.id}`, { description: 'just before the end' })
    await mortal.kill()
    await listener.until('the break', () => !listener.socket.connected)
    await mortal.start()
    await listener.until('the connection again', () => listener.of('events.ready').length === 2)
    const told = listener.about('session.updated', session.id).filter(({ description }) => description === 'just before the end')
    assert.equal(told.length > 0, true, 'the change is told, before or after the break')
    await own.post(`/api/sessions/${session.id}/stop`)
    await listener.until('what comes afterwards', () => listener.about('session.status.changed', session.id).some(({ to }) => to === 'stopped'))
    listener.close()
  })
})

test('what a container uses is pushed as the example of the container API expects it', async () => {
  const session = await api.session({ multiplexer: 'none' })
  const listener = await Listener.connect(server, api)
  const { socket } = listener
  const updates = []

  // From here on as in the example: subscribe without an acknowledgement, and listen.
  socket.emit('subscribe:metrics', { containerId: session.id, interval: 2000 })
  socket.on('metrics:update', (data) => {
    updates.push(data)
  })

  await listener.until('two updates', () => updates.length >= 2)
  for (const { containerId, metrics } of updates) {
    assert.equal(containerId, session.id)
    assert.ok(metrics.memoryMb > 0, JSON.stringify(metrics))
    assert.ok(metrics.pids > 0, JSON.stringify(metrics))
    assert.equal(metrics.networkRxBytes, null, 'nobody counts the network of a session on the host')
    assert.ok(Date.parse(metrics.at) > 0)
  }
  assert.equal(typeof updates.at(-1).metrics.cpuPercent, 'number')
  assert.deepEqual(await listener.ask('unsubscribe:metrics', { containerId: session.id }), { ok: true })
  const strange = await listener.ask('subscribe:metrics', { containerId: 'f'.repeat(64), interval: 2000 })
  assert.equal(strange.error.code, 'container.not_found')
  listener.close()
})
