// The real thing: Claude Code from npm as a session's agent, talking to a scripted model on loopback. It has a throw-away home,
// no key of anybody, and no way to the network that it would use.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { claudeHome } from '../harness/claude.js'
import { call, say, scriptedModel } from '../harness/model.js'
import { withServer } from '../harness/server.js'
import { Viewer } from '../harness/viewer.js'
import { waitFor } from '../harness/wait.js'

const WROTE = 'Wrote the greeting, as you asked.'

/** Runs `use` with a server, a working directory, and a model that writes a file with one tool call. */
async function withClaude(tool, use) {
  await withServer({}, async (server) => {
    const workdir = join(server.home, 'project')
    mkdirSync(workdir)
    const model = await scriptedModel(({ results }) => (results.length === 0 ? [say('I will write it.'), tool(workdir)] : [say(WROTE)]))
    try {
      await use(server, workdir, claudeHome(server, workdir, model), model)
    } finally {
      await model.close()
    }
  })
}

const writeTool = (workdir) => call('Write', { file_path: join(workdir, 'greeting.txt'), content: 'hello from the agent\n' })
const bashTool = () => call('Bash', { command: 'echo made by a command > made.txt', description: 'Make a file' })

test('Claude Code writes a file when it is told to, and lives on when the server is killed', async () => {
  await withClaude(writeTool, async (server, workdir, env, model) => {
    const api = await server.api()
    const session = await api.session({ agent: 'claude', flags: ['--permission-mode', 'default'], workdir, env })
    const viewer = await Viewer.open(server, session, 'agent')
    viewer.tell({ type: 'resize', cols: 100, rows: 30 })
    await viewer.untilScreen(/Claude Code v/)
    await viewer.untilScreen(/^❯/m)
    viewer.send('write a greeting')
    await viewer.untilScreen(/❯\swrite a greeting/)
    viewer.send('\r')
    await viewer.untilScreen(/Do you want to create greeting\.txt\?/)
    await viewer.check()

    // Killed while the agent waits for an answer: it never notices, and its question is still there afterwards.
    await server.kill()
    await viewer.untilClosed()
    const from = viewer.next
    await server.start()
    assert.equal((await api.get(`/api/sessions/${session.id}`)).status, 'running')
    await waitFor('its daemon to dial in again', async () => (await api.get(`/api/sessions/${session.id}`)).pid === session.pid)
    const back = await Viewer.open(server, session, 'agent', { from })
    const fresh = await Viewer.open(server, session, 'agent', { mode: 'read' })
    await fresh.untilScreen(/Do you want to create greeting\.txt\?/)
    back.send('\r')
    await fresh.untilScreen(new RegExp(WROTE))
    assert.equal(readFileSync(join(workdir, 'greeting.txt'), 'utf8'), 'hello from the agent\n')
    assert.match(await api.screen(session, 'agent'), new RegExp(WROTE))
    assert.ok(model.requests.some(({ body }) => body.includes('write a greeting')), 'the model was asked what was typed')
    await back.close()
    await fresh.close()
  })
})

test('an autonomous run works through its task and ends with the agent’s exit code', async () => {
  await withClaude(bashTool, async (server, workdir, env) => {
    const api = await server.api()
    const made = await api.post('/api/sessions', {
      name: 'autonomous',
      agent: 'claude',
      mode: 'autonomous',
      prompt: 'make the file',
      flags: ['--allowedTools', 'Bash'],
      workdir,
      env,
    })
    server.remember(made.id)
    const ended = await api.untilStatus(made.id, 'stopped')
    assert.match(ended.statusReason, /\b0\b/, 'the exit code stands in the reason')
    assert.equal(readFileSync(join(workdir, 'made.txt'), 'utf8'), 'made by a command\n')
  })
})

test('an autonomous run that fails says so', async () => {
  await withServer({}, async (server) => {
    const api = await server.api()
    const made = await api.post('/api/sessions', { name: 'failing', agent: 'shell', mode: 'autonomous', prompt: 'exit 3' })
    server.remember(made.id)
    const reason = await waitFor('the run to end', async () => {
      const { status, statusReason } = await api.get(`/api/sessions/${made.id}`)
      return ['stopped', 'error'].includes(status) && statusReason
    })
    assert.match(reason, /\b3\b/)
  })
})
