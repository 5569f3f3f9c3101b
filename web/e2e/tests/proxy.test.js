// The reverse proxies of the administrator's guide, tried as they stand there.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { Api } from '../harness/api.js'
import { PASSWORD, withServer } from '../harness/server.js'
import { Viewer } from '../harness/viewer.js'
import { waitFor } from '../harness/wait.js'

const GUIDE = resolve(import.meta.dirname, '../../../docs/admin-guide.md')

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

/** The guide's block of that form, on this port and without the TLS that needs somebody's certificate. */
function documented(pattern, [listens, listening], behind) {
  const block = pattern.exec(readFileSync(GUIDE, 'utf8'))?.[1]
  assert.ok(block, 'the guide shows it')
  const changed = block.replace(listens, listening).replace('127.0.0.1:7070', `127.0.0.1:${behind}`)
  assert.ok(changed.includes(listening) && changed.includes(`:${behind}`), 'the block was understood')
  return changed
}

/** Runs the proxy until `use` is done. */
async function running(root, port, program, args, env, use) {
  const proxy = spawn(program, args, { env, stdio: 'ignore' })
  const ended = once(proxy, 'exit')
  try {
    await waitFor('the proxy to answer', async () => (await fetch(`http://127.0.0.1:${port}/livez`).catch(() => null))?.ok === true)
    await use()
  } finally {
    proxy.kill('SIGTERM')
    await ended
    rmSync(root, { recursive: true, force: true })
  }
}

async function withNginx(port, behind, use) {
  const root = mkdtempSync(join(tmpdir(), 'longhouse-nginx-'))
  const block = documented(/```nginx\n([^]*?)```/, ['listen 443 ssl;', `listen 127.0.0.1:${port};`], behind)
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => {
    mkdirSync(join(root, name))
    return `${name}_temp_path ${join(root, name)};`
  })
  const user = process.getuid() === 0 ? 'user root;' : ''
  writeFileSync(join(root, 'nginx.conf'), `${user} daemon off; pid ${root}/pid; error_log ${root}/error.log; worker_processes 1;
    events {} http { access_log off; ${paths.join(' ')} ${block} }`)
  const args = ['-e', join(root, 'error.log'), '-c', join(root, 'nginx.conf')]
  await running(root, port, '/usr/sbin/nginx', args, {}, use)
}

async function withCaddy(port, behind, use) {
  const root = mkdtempSync(join(tmpdir(), 'longhouse-caddy-'))
  const site = ['longhouse.example.org {', `http://127.0.0.1:${port} {`]
  const block = documented(/```text\n(longhouse\.example\.org \{[^]*?)```/, site, behind)
  writeFileSync(join(root, 'Caddyfile'), `{\n  admin off\n}\n${block}`)
  const args = ['run', '--adapter', 'caddyfile', '--config', join(root, 'Caddyfile')]
  await running(root, port, '/usr/bin/caddy', args, { HOME: root }, use)
}

test('behind the nginx of the guide people log in and work in terminals', () => worksBehind(withNginx))

test('behind the Caddy of the guide people log in and work in terminals', () => worksBehind(withCaddy))

async function worksBehind(withProxy) {
  const port = await freePort()
  const env = { LONGHOUSE_ALLOWED_HOSTS: `127.0.0.1:${port}`, LONGHOUSE_TRUSTED_PROXIES: '127.0.0.0/8' }
  await withServer({ env }, async (server) => {
    const direct = await server.api()
    await withProxy(port, server.port, async () => {
      let api
      const through = { url: `http://127.0.0.1:${port}`, remember: (id) => server.remember(id), api: () => api }
      api = await Api.login(through, 'admin', PASSWORD)
      const session = await api.session({ multiplexer: 'none' })
      const viewer = await Viewer.open(through, session, 'manual')
      await viewer.untilScreen(/\$/)
      viewer.send('echo a$((20 + 3))b\r')
      await viewer.untilScreen(/^a23b$/m)
      await viewer.close()
      const origin = await fetch(`${through.url}/api/auth/logout`, { method: 'POST', headers: { origin: 'https://evil.example' } })
      assert.equal(origin.status, 403)
    })
    assert.ok((await direct.get('/api/sessions')).total >= 1)
  })
}
