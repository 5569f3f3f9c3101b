// A place where repositories are: real git behind HTTP (`git http-backend`) on a loopback port of this machine.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { Repository } from './repository.js'
import { SYSTEM_PATH } from './server.js'

/** On this machine, and in no container, where 127.0.0.1 is the container itself. */
const ADDRESS = '127.0.0.2'

export class Forge {
  #root
  #server
  #sources = new Map()

  /** Opens one whose repositories lie in a directory. */
  static async open(root) {
    const forge = new Forge()
    forge.#root = root
    mkdirSync(root, { recursive: true })
    forge.#server = createServer((request, response) => void forge.#answer(request, response))
    forge.#server.listen(0, ADDRESS)
    await once(forge.#server, 'listening')
    return forge
  }

  get host() {
    return `${ADDRESS}:${this.#server.address().port}`
  }

  /** Makes a repository of these files, which anybody may push to, and gives back its address. */
  add(name, files) {
    const source = new Repository(join(this.#root, `${name}-source`))
    source.commit('feat: begin', files)
    source.git('clone', '--quiet', '--bare', source.directory, join(this.#root, `${name}.git`))
    this.#sources.set(name, source)
    this.git(name, 'config', 'http.receivepack', 'true')
    return `http://${this.host}/${name}.git`
  }

  /** What git says of a repository. */
  git(name, ...words) {
    return this.#sources.get(name).git(`--git-dir=${join(this.#root, `${name}.git`)}`, ...words)
  }

  async #answer(request, response) {
    const { pathname, search } = new URL(request.url, `http://${this.host}`)
    const env = {
      PATH: SYSTEM_PATH,
      HOME: this.#root,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_PROJECT_ROOT: this.#root,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: request.headers['git-protocol'] ?? '',
      ...(request.headers['content-length'] === undefined ? {} : { CONTENT_LENGTH: request.headers['content-length'] }),
    }
    const git = spawn('git', ['http-backend'], { env, stdio: ['pipe', 'pipe', 'ignore'] })
    // A git that has what it needs reads no further.
    git.stdin.on('error', () => {})
    request.pipe(git.stdin)
    const parts = []
    for await (const part of git.stdout) parts.push(part)
    const said = Buffer.concat(parts)
    const end = said.indexOf('\r\n\r\n')
    assert.ok(end >= 0, 'git answers like a program behind a web server')
    const headers = said.subarray(0, end).toString().split('\r\n').map((line) => line.split(': '))
    const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200 OK'
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(headers.filter(([name]) => name !== 'Status')))
    response.end(said.subarray(end + 4))
  }

  async close() {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
