// What a page of somebody else's can do through the browser of a person who is logged in: nothing.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { launch } from '../harness/browser.js'
import { PASSWORD, Server } from '../harness/server.js'

const REBOUND = 'rebound.example'

let browser
let server
let api
let foreign
before(async () => {
  // A name that leads to this machine, as an attacker's name server would have it after a while.
  browser = await launch([`--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`])
  server = await Server.start()
  api = await server.api()
  foreign = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end('<!doctype html><body>hello</body>'))
  foreign.listen(0, '127.0.0.1')
  await once(foreign, 'listening')
})
after(async () => {
  foreign?.close()
  await browser?.close()
  await server?.close()
})

/** A browser whose person is logged in here, looking at a page of somebody else's. */
async function lured(host) {
  const context = await browser.newContext()
  const login = await context.request.post(`${server.url}/api/auth/login`, { data: { username: 'admin', password: PASSWORD } })
  assert.equal(login.status(), 200)
  assert.equal((await context.cookies()).length, 2, 'there is something to misuse')
  const page = await context.newPage()
  await page.goto(`http://${host}:${foreign.address().port}/`)
  return { context, page }
}

const sessions = async () => (await api.get('/api/sessions')).total

// Cookies know no ports, so the browser sends them along from the first of these; the second is another site altogether.
for (const host of ['127.0.0.1', 'localhost']) {
  test(`a page at ${host} with another port changes, reads, opens and frames nothing`, async () => {
    const victim = await api.session({ multiplexer: 'none' })
    const before = await sessions()
    const { context, page } = await lured(host)
    const seen = await page.evaluate(async ({ url, socket, id }) => {
      const attempt = (path, options) => fetch(url + path, { credentials: 'include', ...options }).then((answer) => answer.text(), () => 'failed')
      const body = JSON.stringify({ name: 'planted', agent: 'shell' })
      const json = { 'content-type': 'application/json' }
      const open = (address) => new Promise((resolve) => {
        const opened = new WebSocket(address)
        opened.onopen = () => resolve('open')
        opened.onerror = () => resolve('failed')
      })
      return {
        simple: await attempt('/api/sessions', { method: 'POST', mode: 'no-cors', body }),
        json: await attempt('/api/sessions', { method: 'POST', headers: json, body }),
        removal: await attempt(`/api/sessions/${id}`, { method: 'DELETE' }),
        read: await attempt('/api/sessions', {}),
        blind: await attempt('/api/sessions', { mode: 'no-cors' }),
        terminal: await open(socket + `/api/sessions/${id}/terminals/agent/ws`),
        events: await open(`${socket}/socket.io/?EIO=4&transport=websocket`),
        others: await open(`${socket}/api/socket/?EIO=4&transport=websocket`),
      }
    }, { url: server.url, socket: server.url.replace('http', 'ws'), id: victim.id })
    // An answer to `no-cors` is empty for the page at best.
    const { simple, blind, ...rest } = seen
    for (const answer of [simple, blind]) assert.ok(['', 'failed'].includes(answer), answer)
    for (const [what, answer] of Object.entries(rest)) assert.equal(answer, 'failed', what)

    // A form is sent without the browser asking anybody; this one's fields make JSON of its body.
    const refused = context.waitForEvent('response', (response) => response.url() === `${server.url}/api/sessions`)
    await page.evaluate((url) => {
      const form = Object.assign(document.createElement('form'), { method: 'post', action: `${url}/api/sessions`, enctype: 'text/plain' })
      form.append(Object.assign(document.createElement('input'), { name: '{"name":"planted","agent":"shell","description":"', value: '"}' }))
      document.body.append(form)
      form.submit()
    }, server.url)
    assert.equal((await refused).status(), 403)

    assert.equal(await sessions(), before)
    assert.equal((await api.get(`/api/sessions/${victim.id}`)).status, 'running')
    await context.close()
  })

  test(`a page at ${host} cannot put the terminal into a frame`, async () => {
    const { context, page } = await lured(host)
    const answered = page.waitForResponse((response) => response.url() === `${server.url}/`)
    await page.evaluate((url) => document.body.append(Object.assign(document.createElement('iframe'), { src: url })), server.url)
    await answered
    await page.waitForFunction(() => {
      // A frame that was refused holds a page of the browser's own, which nobody may look into; one that is still empty may be.
      try {
        return document.querySelector('iframe').contentDocument === null
      } catch {
        return true
      }
    })
    const [, frame] = page.frames()
    await frame.waitForLoadState()
    assert.equal(await frame.evaluate(() => location.protocol), 'chrome-error:')
    await context.close()
  })
}

test('a name that was bound to this machine afterwards is not answered', async () => {
  const page = await browser.newPage()
  for (const path of ['/', '/api/health', '/socket.io/?EIO=4&transport=polling']) {
    const answer = await page.goto(`http://${REBOUND}:${server.port}${path}`)
    assert.equal(answer.status(), 421, path)
  }
  await page.close()
})
