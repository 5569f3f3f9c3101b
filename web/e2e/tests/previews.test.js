// A web server that somebody starts in a session: found, opened by its link, and kept apart from the platform in both directions.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { PHONE, Person, launch } from '../harness/browser.js'
import { PASSWORD, Server } from '../harness/server.js'
import { waitFor } from '../harness/wait.js'

/** Says what it was sent, and answers by page, WebSocket and stream. */
const PROGRAM = `
const { createServer } = require('node:http')
const { WebSocketServer } = require(${JSON.stringify(createRequire(import.meta.url).resolve('ws'))})
const server = createServer((request, answer) => {
  if (request.url === '/events') {
    answer.writeHead(200, { 'content-type': 'text/event-stream' })
    let n = 0
    const timer = setInterval(() => answer.write('data: ' + n++ + '\\n\\n'), 50)
    answer.on('close', () => clearInterval(timer))
  } else if (request.url === '/seen') {
    answer.setHeader('content-type', 'application/json')
    answer.end(JSON.stringify(request.headers))
  } else {
    answer.setHeader('set-cookie', ['app=1; Path=/', 'wide=1; Domain=localhost; Path=/', 'longhouse_access=evil; Path=/'])
    answer.setHeader('content-type', 'text/html')
    answer.end('<!doctype html><link rel="icon" href="data:,"><title>made inside</title><h1>hello from ' + request.url + '</h1>')
  }
})
new WebSocketServer({ server }).on('connection', (socket) => socket.on('message', (text) => socket.send('heard ' + text)))
server.listen(0, '127.0.0.1')
`

let browser
let server
let api
before(async () => {
  browser = await launch()
  server = await Server.start()
  api = await server.api()
  writeFileSync(join(server.root, 'program.cjs'), PROGRAM)
})
after(async () => {
  await browser?.close()
  await server?.close()
})

/** A session in which the program listens, and its port. */
async function serving() {
  const session = await api.session({ multiplexer: 'none' })
  const command = [process.execPath, join(server.root, 'program.cjs')]
  await api.post(`/api/sessions/${session.id}/terminals`, { name: 'web', command })
  const port = await waitFor('the port to be found', async () => (await api.get(`/api/sessions/${session.id}/ports`)).items[0])
  return { session, port }
}

const pathOf = (session) => `/sessions/${session.id}?panel=ports`

test('a web server in a session is found, opened from its list, and speaks WebSocket and streams', async () => {
  const { session, port } = await serving()
  assert.equal(new URL(port.url).host, `${port.container}--${session.id}.localhost:${server.port}`)
  const person = await Person.arrive(browser, server)
  person.mayVisit(port.url)
  await person.logIn(pathOf(session))
  const [opened] = await Promise.all([
    person.context.waitForEvent('page'),
    person.page.getByRole('link', { name: `the preview of port ${port.container}` }).click(),
  ])
  await opened.getByText('hello from /').waitFor()
  assert.equal(opened.url(), `${port.url}/`, 'the ticket is gone from the address')

  const heard = await opened.evaluate(async () => {
    const socket = new WebSocket(location.origin.replace('http', 'ws'))
    await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }))
    const answer = new Promise((resolve) => (socket.onmessage = ({ data }) => resolve(data)))
    socket.send('this')
    const events = new EventSource('/events')
    const third = new Promise((resolve) => (events.onmessage = ({ data }) => data === '3' && resolve(data)))
    const said = [await answer, await third]
    events.close()
    return said
  })
  assert.deepEqual(heard, ['heard this', '3'])

  // Neither side has anything of the other's.
  const seen = await opened.evaluate(async () => (await fetch('/seen')).json())
  assert.equal(seen.cookie, 'app=1')
  assert.equal(seen.authorization, undefined)
  assert.equal(seen.host, new URL(port.url).host)
  const cookies = await person.context.cookies()
  const named = (name) => cookies.filter((cookie) => cookie.name === name).map((cookie) => cookie.domain)
  assert.deepEqual(named('app'), [new URL(port.url).hostname])
  assert.deepEqual(named('wide'), [])
  assert.deepEqual(named('longhouse_access'), ['127.0.0.1'])
  assert.deepEqual(named('longhouse_preview'), [new URL(port.url).hostname])
  assert.equal(cookies.find((cookie) => cookie.name === 'longhouse_preview').httpOnly, true)
  await person.leave()
})

test('a share that is taken away ends what is open, and its address leads nowhere any more', async () => {
  const { session, port } = await serving()
  await api.post('/api/users', { username: 'bea', password: PASSWORD, role: 'member' })
  await api.post(`/api/sessions/${session.id}/shares`, { userId: 'bea', access: 'drive' })
  const bea = await Person.arrive(browser, server)
  bea.mayVisit(port.url)
  bea.expectRefusals()
  await bea.logIn(`/preview/${session.id}/${port.container}?path=/deep`, { username: 'bea' })
  await bea.page.getByText('hello from /deep').waitFor()
  await bea.page.evaluate(async () => {
    const socket = new WebSocket(location.origin.replace('http', 'ws'))
    window.over = new Promise((resolve) => (socket.onclose = () => resolve('over')))
    await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }))
  })
  await api.call('DELETE', `/api/sessions/${session.id}/shares/bea`)
  assert.equal(await bea.page.evaluate(() => window.over), 'over')
  assert.equal(await bea.page.evaluate(async () => (await fetch('/seen')).status), 401)
  await bea.leave()
})

test('the list of ports says when there is none, and fits a phone', async () => {
  const session = await api.session({ multiplexer: 'none' })
  const person = await Person.arrive(browser, server, PHONE)
  await person.logIn(pathOf(session))
  await person.page.getByText('Nothing listens yet').waitFor()
  const command = [process.execPath, join(server.root, 'program.cjs')]
  await api.post(`/api/sessions/${session.id}/terminals`, { name: 'web', command })
  await person.page.getByRole('list', { name: 'Ports' }).getByRole('listitem').waitFor()
  const wide = await person.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
  assert.equal(wide, false, 'nothing is cut off')
  await person.leave()
})
