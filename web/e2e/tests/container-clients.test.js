// Programs that know containers: the stock `socket.io-client` with the events and payloads that such a backend has, and the routes beside it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { freshName } from '../harness/api.js'
import { Listener } from '../harness/events.js'
import { Server } from '../harness/server.js'
import { waitFor } from '../harness/wait.js'

let server
let api
before(async () => {
  server = await Server.start({ containers: true })
  api = await server.api()
  await waitFor('the engine to be known', async () => (await api.get('/api/config')).runtimes.some(({ name, available }) => name === 'docker' && available))
})
after(() => server?.close())

const BODY = { template: 'shell', mode: 'interactive', cpuLimit: 0.5, memoryLimit: 128, pidsLimit: 64, network: 'none' }

test('a container is made, listed, watched, stopped and deleted, as by an existing client', async () => {
  const created = await api.post('/api/containers', { name: freshName('box'), ...BODY })
  server.remember(created.sessionId)
  const containerId = created.id
  const listener = await Listener.connect(server, api)
  const { socket } = listener
  // Without acknowledgements, as existing clients send them.
  socket.emit('subscribe:status', { containerId })
  socket.emit('subscribe:logs', { containerId })
  const states = () => listener.of('status:update').map(([update]) => update)
  await listener.until('it to run', () => states().some(({ status, health }) => status === 'running' && health === 'healthy'))
  assert.ok(states().every((update) => update.containerId === containerId))
  await listener.until('the log so far', () => listener.of('logs:initial').length === 1)

  const listed = (await api.get('/api/containers')).items.find(({ id }) => id === containerId)
  assert.deepEqual([listed.status, listed.name, listed.limits.memoryLimit], ['running', created.name, 128])
  assert.equal((await api.get(`/api/containers/${listed.containerId.slice(0, 12)}`)).id, containerId)
  await api.post(`/api/sessions/${containerId}/exec`, { command: ['sh', '-c', 'echo a$((40 + 2))b > /proc/1/fd/1'] })
  const lines = () => listener.of('logs:data').flatMap(([data]) => (data.containerId === containerId ? data.logs : []))
  await listener.until('what it printed', () => lines().some(({ source, message }) => source === 'container' && message === 'a42b'))
  assert.match(await api.get(`/api/containers/${containerId}/logs?source=container&format=text`), /container: a42b/)

  socket.emit('unsubscribe:logs', { containerId })
  await api.post(`/api/containers/${containerId}/stop`)
  await listener.until('it to rest', () => states().at(-1).status === 'stopped')
  await api.delete(`/api/containers/${containerId}`)
  await listener.until('its end', () => states().at(-1).status === null)
  assert.equal(listener.of('logs:error').length, 0, 'what was left says nothing more')
  assert.equal((await listener.ask('subscribe:status', { containerId })).error.code, 'container.not_found')
  listener.close()
})

test('a container whose memory is used up says so, and how it fares after its next start', async () => {
  const created = await api.post('/api/containers', { name: freshName('eater'), ...BODY })
  server.remember(created.sessionId)
  const listener = await Listener.connect(server, api)
  const told = () => listener.of('container.health').flatMap(([event]) => (event.sessionId === created.sessionId ? [event] : []))
  await listener.until('it to be well', () => told().some(({ health }) => health === 'healthy'))
  await api.post(`/api/sessions/${created.sessionId}/exec`, { command: ['tail', '/dev/zero'] })
  await listener.until('the end of its memory', () => told().at(-1).health === 'oom')
  assert.match(told().at(-1).detail, /used up its memory \(128 MB\)/)
  await api.post(`/api/sessions/${created.sessionId}/restart`)
  await listener.until('it to be well again', () => told().at(-1).health === 'healthy')
  listener.close()
})
