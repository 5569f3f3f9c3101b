// The terminal WebSocket, to the letter: what a viewer is told, where its bytes continue, who sets the size, how it ends.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { WebSocket } from 'ws'
import { Api } from '../harness/api.js'
import { PASSWORD, Server, withServer } from '../harness/server.js'
import { attempt, SUBPROTOCOL, Viewer } from '../harness/viewer.js'
import { waitFor } from '../harness/wait.js'

let server
let api
before(async () => {
  server = await Server.start()
  api = await server.api()
})
after(() => server?.close())

/** A shell without tmux: its bytes reach the viewers as the program wrote them. */
const bare = () => api.session({ multiplexer: 'none' })

/** The lines `first` to `last` as a program writes them to a terminal. */
const numbered = (first, last) => Array.from({ length: last - first + 1 }, (_, index) => `${first + index}\r\n`).join('')

const lostAndFound = (bytes, expected) => {
  const at = bytes.indexOf(expected)
  if (at >= 0) return
  const found = [...bytes.toString('latin1').matchAll(/(\d+)\r\n/g)].map(([, number]) => Number(number))
  const gap = found.findIndex((number, index) => index > 0 && number !== found[index - 1] + 1)
  assert.fail(`the numbers are not whole: after ${found[gap - 1]} comes ${found[gap]} (${bytes.length} bytes)`)
}

test('a viewer is greeted, shown the screen, and sees what is typed', async () => {
  const session = await bare()
  const viewer = await Viewer.open(server, session, 'manual')
  const { hello } = viewer
  assert.deepEqual(Object.keys(hello).sort(), ['cols', 'mode', 'offset', 'oldest', 'rows', 'type'])
  assert.equal(hello.mode, 'write')
  assert.ok(hello.oldest <= hello.offset)
  await viewer.until('a snapshot', () => viewer.snapshots.length === 1)
  await viewer.untilScreen(/\$/)
  viewer.send('echo a$((20 + 3))b\r')
  await viewer.untilScreen(/^a23b$/m)
  viewer.tell({ type: 'ping' })
  await viewer.untilMessage('pong')

  const late = await Viewer.open(server, session, 'manual')
  await late.untilScreen(/^a23b$/m)
  assert.equal(await late.screen(), await viewer.screen(), 'who joins later is shown what is there')
  const { viewers } = await viewer.untilMessage('presence', ({ viewers }) => viewers.length === 2)
  assert.deepEqual(viewers.map(({ username, mode }) => ({ username, mode })), [
    { username: 'admin', mode: 'write' },
    { username: 'admin', mode: 'write' },
  ])
  await viewer.close()
  await late.close()
})

test('a stream continues at the exact byte after every break', async () => {
  const session = await bare()
  let viewer = await Viewer.open(server, session, 'manual')
  await viewer.untilScreen(/\$/)
  const pieces = []
  viewer.send('seq 1 200000; echo fi""nished\r')
  for (let breaks = 0; !/finished/.test(viewer.text()); breaks += 1) {
    const enough = viewer.next + 100_000
    await viewer.until('some output', () => viewer.next >= enough || /finished/.test(viewer.text()))
    if (breaks >= 5 || /finished/.test(viewer.text())) continue
    const from = viewer.next
    await viewer.drop()
    pieces.push(viewer.bytes())
    viewer = await Viewer.open(server, session, 'manual', { from })
    await viewer.until('the stream to go on', () => viewer.start !== null)
    assert.deepEqual([viewer.start, viewer.snapshots.length], [from, 0], 'it goes on where it broke, without a repaint')
  }
  pieces.push(viewer.bytes())
  lostAndFound(Buffer.concat(pieces), numbered(1, 200_000))
  await viewer.close()
})

test('killing the server loses no byte and repeats none', async () => {
  await withServer({}, async (mortal) => {
    const own = await mortal.api()
    const session = await own.session({ multiplexer: 'none' })
    let viewer = await Viewer.open(mortal, session, 'manual')
    await viewer.untilScreen(/\$/)
    const pieces = []
    viewer.send('echo $$; for i in $(seq 1 200); do seq ${i}000 ${i}999; sleep 0.02; done; echo fi""nished\r')
    for (const mark of [20_000, 60_000, 120_000]) {
      await viewer.untilText(new RegExp(`\\b${mark}\r\n`))
      await mortal.kill()
      assert.notEqual(await viewer.untilClosed(), 1000, 'a server that is killed says no goodbye')
      viewer.check()
      const from = viewer.next
      pieces.push(viewer.bytes())
      await mortal.start()
      viewer = await Viewer.open(mortal, session, 'manual', { from })
      await viewer.until('the stream to go on', () => viewer.start !== null)
      assert.deepEqual([viewer.start, viewer.snapshots.length], [from, 0])
    }
    await viewer.untilText(/finished\r\n/)
    pieces.push(viewer.bytes())
    lostAndFound(Buffer.concat(pieces), numbered(1000, 200_999))
    await viewer.close()
  })
})

test('a viewer with a window is sent no more than it acknowledges', async () => {
  const session = await bare()
  const window = 20_000
  const writer = await Viewer.open(server, session, 'manual', { mode: 'write' })
  await writer.untilScreen(/\$/)
  const from = writer.next
  const viewer = await Viewer.open(server, session, 'manual', { from, window, mode: 'read' })
  writer.send('seq 1 40000; echo fi""nished\r')
  await writer.untilText(/finished\r\n/)
  await viewer.until('the window to fill', () => viewer.bytes().length > 0)
  // Everything that the server would send lies ready; the pong comes after whatever it sends.
  for (let acked = from; !/finished\r\n/.test(viewer.text()); acked = viewer.next) {
    viewer.tell({ type: 'ack', offset: acked })
    await viewer.until('more output', () => viewer.next > acked || /finished\r\n/.test(viewer.text()))
    const pongs = viewer.messages.filter(({ type }) => type === 'pong').length
    viewer.tell({ type: 'ping' })
    await viewer.until('the pong', () => viewer.messages.filter(({ type }) => type === 'pong').length > pongs)
    assert.ok(viewer.next - acked <= window, `${viewer.next - acked} bytes are unacknowledged, more than ${window}`)
  }
  lostAndFound(viewer.bytes(), numbered(1, 40_000))
  await viewer.close()
  await writer.close()
})

test('a viewer that fell behind what is kept is repainted', async () => {
  await withServer({ env: { LONGHOUSE_TERMINAL_RING_BYTES: '1048576' } }, async (small) => {
    const session = await (await small.api()).session({ multiplexer: 'none' })
    const viewer = await Viewer.open(small, session, 'manual')
    await viewer.untilScreen(/\$/)
    const from = viewer.next
    viewer.send('seq 1 600000; echo fi""nished\r')
    // On a busy machine this viewer too may fall behind the one mebibyte, and then sees the end as a repaint.
    await viewer.untilScreen(/^600000\nfinished$/m)
    const late = await Viewer.open(small, session, 'manual', { from })
    await late.until('a repaint', () => late.snapshots.length === 1)
    assert.ok(late.hello.oldest > from, `${late.hello.oldest} is kept, ${from} was asked for`)
    await late.untilScreen(/^600000\nfinished$/m)
    await late.close()
    await viewer.close()
  })
})

test('ten viewers see the same bytes', async () => {
  const session = await bare()
  const first = await Viewer.open(server, session, 'manual')
  await first.untilScreen(/\$/)
  const from = first.next
  const others = await Promise.all(Array.from({ length: 9 }, () => Viewer.open(server, session, 'manual', { from })))
  first.send('seq 1 30000; printf "\\033[31mrot \\303\\244\\303\\266 \\360\\237\\224\\245\\033[0m\\n"; echo fi""nished\r')
  const viewers = [first, ...others]
  await Promise.all(viewers.map((viewer) => viewer.untilText(/finished\r\n/)))
  const end = Math.min(...viewers.map(({ next }) => next))
  // The first one may have begun before the prompt.
  const begin = Math.max(...viewers.map(({ start }) => start))
  const seen = viewers.map((viewer) => viewer.bytes().subarray(begin - viewer.start, end - viewer.start))
  for (const bytes of seen) assert.ok(bytes.equals(seen[0]), 'every viewer saw the same')
  assert.match(seen[0].toString('utf8'), /rot äö 🔥/)
  await Promise.all(viewers.map((viewer) => viewer.close()))
})

test('a viewer that never reads delays neither the program nor another viewer', async () => {
  const session = await bare()
  const viewer = await Viewer.open(server, session, 'manual')
  await viewer.untilScreen(/\$/)
  const stuck = await Viewer.open(server, session, 'manual', { mode: 'read' })
  stuck.socket.pause()
  stuck.socket._socket.pause()
  viewer.send('seq 1 1000000; echo fi""nished\r')
  await viewer.untilText(/finished\r\n/)
  lostAndFound(viewer.bytes(), numbered(1, 1_000_000))
  assert.ok(stuck.next === null || stuck.next < viewer.next, 'the other one really did not read')
  stuck.socket.terminate()
  await viewer.close()
})

test('who only reads cannot type', async () => {
  const session = await bare()
  const reader = await Viewer.open(server, session, 'manual', { mode: 'read' })
  assert.equal(reader.hello.mode, 'read')
  const writer = await Viewer.open(server, session, 'manual')
  await writer.untilScreen(/\$/)
  reader.send('echo sneaked in\r')
  const refusal = await reader.untilMessage('error')
  assert.equal(typeof refusal.code, 'string')
  writer.send('echo typed\r')
  await writer.untilScreen(/^typed$/m)
  await reader.untilScreen(/^typed$/m)
  assert.doesNotMatch(await writer.screen(), /sneaked/)
  await reader.close()
  await writer.close()
})

test('the size of whoever types counts, and all are told', async () => {
  const session = await bare()
  const first = await Viewer.open(server, session, 'manual')
  first.tell({ type: 'resize', cols: 101, rows: 31 })
  await first.untilMessage('size', ({ cols, rows }) => cols === 101 && rows === 31)
  const second = await Viewer.open(server, session, 'manual')
  assert.deepEqual([second.hello.cols, second.hello.rows], [101, 31])
  second.tell({ type: 'resize', cols: 61, rows: 21 })
  second.send('stty size\r')
  await first.untilMessage('size', ({ cols, rows }) => cols === 61 && rows === 21)
  second.send('stty size\r')
  await second.untilScreen(/^21 61$/m)
  // What no terminal can have is brought into range, and thousands of resizes are survived.
  for (let n = 1; n <= 1000; n += 1) second.tell({ type: 'resize', cols: 20 + (n % 100), rows: 10 + (n % 40) })
  second.tell({ type: 'resize', cols: 0, rows: 65_535 })
  await second.untilMessage('size', ({ cols, rows }) => cols === 1 && rows === 1000)
  second.tell({ type: 'resize', cols: 80, rows: 24 })
  await second.untilMessage('size', ({ cols, rows }) => cols === 80 && rows === 24)
  second.send('clear; stty size\r')
  await second.untilScreen(/^24 80$/m)
  await first.close()
  await second.close()
})

test('the end of the program is told with its code', async () => {
  const session = await bare()
  const viewer = await Viewer.open(server, session, 'manual')
  await viewer.untilScreen(/\$/)
  viewer.send('exit 7\r')
  assert.equal((await viewer.untilMessage('exit')).code, 7)
  await viewer.close()
  await api.untilStatus(session.id, 'running')
  const terminal = await api.post(`/api/sessions/${session.id}/terminals/manual/restart`)
  assert.equal(terminal.running, true)
  const again = await Viewer.open(server, session, 'manual')
  again.send('echo alive again\r')
  await again.untilScreen(/^alive again$/m)
  await again.close()
})

test('who has no business here is told by a close code', async () => {
  const session = await bare()
  const headers = { authorization: `Bearer ${api.token}` }
  const target = (terminal, query) => Viewer.target(server, session, terminal, query)
  assert.deepEqual(await attempt(target('manual')), { code: 4401 }, 'without a login')
  assert.deepEqual(await attempt(target('manual'), { headers: { authorization: 'Bearer x.y.z' } }), { code: 4401 }, 'with a forged token')
  assert.deepEqual(await attempt(target('manual', { ticket: 'forged' })), { code: 4401 }, 'with a forged ticket')
  assert.deepEqual(await attempt(target('nobody'), { headers }), { code: 4404 })
  assert.deepEqual(await attempt(Viewer.target(server, '01940000-0000-7000-8000-000000000000', 'manual'), { headers }), { code: 4404 })
  assert.equal((await attempt(target('manual', { from: 'minus one' }), { headers })).status, 422)
})

test('a ticket opens one socket once', async () => {
  const session = await bare()
  const { pathname } = Viewer.target(server, session, 'manual')
  const { ticket } = await api.post('/api/auth/ticket', { resource: pathname })
  const target = Viewer.target(server, session, 'manual', { ticket })
  assert.ok((await attempt(target)).hello, 'the first time')
  assert.deepEqual(await attempt(target), { code: 4401 }, 'the second time')
  const other = await api.post('/api/auth/ticket', { resource: pathname })
  const elsewhere = await attempt(Viewer.target(server, session, 'agent', { ticket: other.ticket }))
  assert.ok([4401, 4403].includes(elsewhere.code), `for another terminal: ${JSON.stringify(elsewhere)}`)
})

test('logging out closes the sockets of that login', async () => {
  const session = await bare()
  const guest = await Api.login(server, 'admin', PASSWORD)
  const socket = new WebSocket(Viewer.target(server, session, 'manual'), SUBPROTOCOL, { headers: { authorization: `Bearer ${guest.token}` } })
  const viewer = new Viewer(socket)
  await viewer.until('hello', () => viewer.hello)
  const response = await guest.send('POST', '/api/auth/logout', { body: {} })
  assert.ok(response.ok, `logout answered ${response.status}`)
  assert.equal(await viewer.untilClosed(), 4401)
})

test('frames that are too large or not of this protocol close the socket and nothing else', async () => {
  const session = await bare()
  const table = [
    ['10 MB of input', (socket) => socket.send(Buffer.alloc(10_000_000, 'x')), 1009],
    ['one byte too many', (socket) => socket.send(Buffer.alloc((1 << 20) + 1, 'x')), 1009],
    ['a long text', (socket) => socket.send('x'.repeat(100_000)), 1009],
    ['text that is not JSON', (socket) => socket.send('ls\r'), 1008],
    ['an unknown message', (socket) => socket.send('{"type":"sudo"}'), 1008],
    ['an unknown field', (socket) => socket.send('{"type":"ping","root":true}'), 1008],
    ['text that is not UTF-8', (socket) => socket.send(Buffer.from([0xff, 0xfe, 0xfd]), { binary: false }), 1007],
  ]
  for (const [what, send, code] of table) {
    const viewer = await Viewer.open(server, session, 'manual')
    send(viewer.socket)
    assert.equal(await viewer.untilClosed(what), code, what)
  }
  const viewer = await Viewer.open(server, session, 'manual')
  await viewer.untilScreen(/\$/)
  viewer.send('echo still here\r')
  await viewer.untilScreen(/^still here$/m)
  assert.doesNotMatch(await viewer.screen(), /xxxx|sudo|ls/)
  await viewer.close()
})

test('a foreign page is refused before the upgrade', async () => {
  const session = await bare()
  const target = Viewer.target(server, session, 'manual')
  const authorization = `Bearer ${api.token}`
  const origins = ['https://evil.example', 'null', `${server.url}.evil.example`, server.url.replace('http:', 'https:'), 'http://127.0.0.1']
  for (const origin of origins) {
    const { status, body } = await attempt(target, { headers: { authorization, origin } })
    assert.equal(status, 403, `Origin ${origin}`)
    assert.equal(JSON.parse(body).code, 'request.origin')
  }
  for (const host of ['evil.example', `evil.example:${server.port}`, '127.0.0.1:1', `127.0.0.1.evil.example:${server.port}`]) {
    const { status } = await attempt(target, { headers: { authorization, host } })
    assert.equal(status, 421, `Host ${host}`)
  }
  assert.ok((await attempt(target, { headers: { authorization, origin: server.url } })).hello, 'the own page is let in')
})

test('a program that writes on and on without a line break harms nobody', async () => {
  const session = await bare()
  const viewer = await Viewer.open(server, session, 'manual')
  await viewer.untilScreen(/\$/)
  viewer.send('head -c 1000000000 /dev/zero | tr "\\0" x\r')
  await viewer.until('a flood', () => viewer.bytes().length > 3_000_000)
  // Another terminal of the session answers meanwhile, and the flood can be stopped.
  await api.type(session, 'agent', 'echo un""harmed\r')
  await api.untilScreen(session, 'agent', /^unharmed$/m)
  viewer.send('\u0003')
  viewer.send('echo sto""pped\r')
  await viewer.untilText(/stopped\r\n/)
  await viewer.close()
})

test('a terminal in tmux goes on over a kill too', async () => {
  await withServer({}, async (mortal) => {
    const own = await mortal.api()
    const session = await own.session({ multiplexer: 'tmux' })
    assert.ok(session.socketPath, 'the API names the tmux socket')
    let viewer = await Viewer.open(mortal, session, 'agent')
    await viewer.untilScreen(/\$/)
    viewer.send('echo pid $$; for i in $(seq 1 60); do echo tick $i; sleep 0.05; done; echo fi""nished\r')
    const [, pid] = await viewer.untilScreen(/^pid (\d+)$/m)
    await viewer.untilScreen(/^tick 5$/m)
    await mortal.kill()
    await viewer.untilClosed()
    const from = viewer.next
    await mortal.start()
    viewer = await Viewer.open(mortal, session, 'agent', { from })
    await waitFor('the loop to end', async () => /^finished$/m.test(await own.screen(session, 'agent')), { show: () => own.screen(session, 'agent') })
    viewer.send('echo again $$\r')
    const [, again] = await own.untilScreen(session, 'agent', /^again (\d+)$/m)
    assert.equal(again, pid, 'it is the same shell')
    await viewer.close()
  })
})
