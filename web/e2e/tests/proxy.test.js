// The reverse proxy of the administrator's guide, tried as it stands there.
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

/** The guide's block, on this port and without the TLS that needs somebody's certificate. */
function documented(port, behind) {
  const block = /```nginx\n([^]*?)```/.exec(readFileSync(GUIDE, 'utf8'))?.[1]
  assert.ok(block, 'the guide shows nginx')
  const changed = block.replace('listen 443 ssl;', `listen 127.0.0.1:${port};`).replace('127.0.0.1:7070', `127.0.0.1:${behind}`)
  assert.ok(changed.includes(`:${port};`) && changed.includes(`:${behind}`), 'the block was understood')
  return changed
}

async function withNginx(port, behind, use) {
  const root = mkdtempSync(join(tmpdir(), 'longhouse-nginx-'))
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => {
    mkdirSync(join(root, name))
    return `${name}_temp_path ${join(root, name)};`
  })
  const user = process.getuid() === 0 ? 'user root;' : ''
  writeFileSync(join(root, 'nginx.conf'), `${user} daemon off; pid ${root}/pid; error_log ${root}/error.log; worker_processes 1;
    events {} http { access_log off; ${paths.join(' ')} ${documented(port, behind)} }`)
  const nginx = spawn('/usr/sbin/nginx', ['-e', join(root, 'error.log'), '-c', join(root, 'nginx.conf')], { env: {}, stdio: 'ignore' })
  const ended = once(nginx, 'exit')
  try {
    await waitFor('nginx to answer', async () => (await fetch(`http://127.0.0.1:${port}/livez`).catch(() => null))?.ok === true)
    await use()
  } finally {
    nginx.kill('SIGTERM')
    await ended
    rmSync(root, { recursive: true, force: true })
  }
}

test('behind the nginx of the guide people log in and work in terminals', async () => {
  const port = await freePort()
  const env = { LONGHOUSE_ALLOWED_HOSTS: `127.0.0.1:${port}`, LONGHOUSE_TRUSTED_PROXIES: '127.0.0.0/8' }
  await withServer({ env }, async (server) => {
    const direct = await server.api()
    await withNginx(port, server.port, async () => {
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
})
