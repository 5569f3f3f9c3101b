// A gigabyte without a line break, through sessiond and the server to viewers: what it costs in memory, and that the terminal
// lives on. Two viewers look: one takes all it is given, one acknowledges nothing of its window.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { processesOf } from '../harness/processes.js'
import { withServer } from '../harness/server.js'
import { SUBPROTOCOL, Viewer } from '../harness/viewer.js'
import { waitFor } from '../harness/wait.js'

const GIGABYTE = 1_000_000_000
/** For a busy machine with an unoptimised server; it takes a fraction of it. */
const PATIENCE_MS = 240_000
/**
 * What a process may hold more than before, in kilobytes: sessiond its ring of 8 MiB, what its screen has not read (4 MiB), the
 * screen, and what is on its way; the server its ring of 1 MiB and a few frames for each viewer. The flood is thirty times that.
 */
const ALLOWED_KB = 32 * 1024

const status = (pid, field) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1])

/** From here on the kernel counts the most memory that the process held; gives what it holds now. */
function beginToMeasure(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
  return { pid, before: status(pid, 'VmRSS') }
}

/** Looks at a terminal and keeps nothing of it but the count. */
async function counting(server, session, query) {
  const { token } = await server.api()
  const socket = new WebSocket(Viewer.target(server, session, 'manual', query), SUBPROTOCOL, { headers: { authorization: `Bearer ${token}` } })
  const seen = { socket, offset: null, bytes: 0, closed: null }
  let repaint = false
  socket.on('message', (data, isBinary) => {
    if (!isBinary) {
      const message = JSON.parse(data)
      repaint = message.type === 'snapshot'
      if (repaint) seen.offset = message.offset
    } else if (repaint) {
      repaint = false
    } else {
      seen.offset = Number(data.readBigUInt64BE(0)) + data.length - 8
      seen.bytes += data.length - 8
    }
  })
  socket.on('close', (code) => (seen.closed = code))
  await waitFor('the first repaint', () => seen.offset !== null)
  return seen
}

test('a gigabyte without a line break costs bounded memory, and the terminal answers afterwards', { timeout: PATIENCE_MS + 60_000 }, async () => {
  await withServer({}, async (server) => {
    const api = await server.api()
    const session = await api.session({ multiplexer: 'none' })
    await api.untilScreen(session, 'manual', /\$/)
    const reader = await counting(server, session, { mode: 'write' })
    const idle = await counting(server, session, { mode: 'read', window: 65_536 })
    const start = reader.offset
    const sessiond = processesOf(server.root, [session.id]).find(({ command }) => command.includes('sessiond'))
    const measured = { sessiond: beginToMeasure(sessiond.pid), server: beginToMeasure(server.pid) }

    reader.socket.send(Buffer.from(`head -c ${GIGABYTE} /dev/zero | tr '\\0' x; echo; echo the"" end\r`))
    const show = () => `at ${reader.offset - start}, closed: ${reader.closed}`
    await waitFor('the gigabyte', () => reader.offset - start > GIGABYTE, { deadline: PATIENCE_MS, show })
    await api.untilScreen(session, 'manual', /^the end$/m)
    assert.ok(idle.bytes <= 65_536 && idle.closed === null, `the idle viewer got ${idle.bytes} bytes: ${idle.closed}`)
    for (const [name, { pid, before }] of Object.entries(measured)) {
      const more = status(pid, 'VmHWM') - before
      assert.ok(more < ALLOWED_KB, `${name} held ${more} kB more than the ${before} kB before`)
    }

    await api.type(session, 'manual', 'echo still"" there\r')
    await api.untilScreen(session, 'manual', /^still there$/m)
    reader.socket.close()
    idle.socket.close()
  })
})
