// A real `longhouse serve` of one test: a throw-away home, a data directory, an environment built from nothing, a port of the
// system's choice. It can be killed and started again on the same port. `close` deletes every session, stops the server in
// order and fails if any process, socket or directory of its sessions is left.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { Api } from './api.js'
import { processesOf } from './processes.js'
import { Hopeless, waitFor, within } from './wait.js'

export const PASSWORD = 'correct horse battery staple'
/** Where programs are found: where a distribution puts them, and nothing of whoever runs the tests. */
export const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin'
const READY = /ready at (http:\/\/\S+)/
const SETUP_LINK = /(http:\/\/\S+\/setup\?token=\S+)/
/** An image that holds nothing but busybox; the tests' engine has it. */
export const BUSYBOX = 'longhouse-test/busybox:1'
/** Busybox, git and ssh. */
export const GIT_IMAGE = 'longhouse-test/git:2'
/** Enough of the server's log to understand a failure, in characters. */
const LOG_SHOWN = 6000

/** Where the servers' logs stay after a run, for whoever wonders. */
const ARTIFACTS = resolve(import.meta.dirname, '../artifacts')

/** Runs `use` with a server and closes it afterwards, also after a failure. */
export async function withServer(options, use) {
  const server = await Server.start(options)
  let failure
  try {
    await use(server)
  } catch (error) {
    failure = error
  }
  try {
    await server.close()
  } catch (error) {
    failure ??= error
  }
  if (failure !== undefined) {
    const troubles = server.log.split('\n').filter((line) => !line.includes('"level":"INFO"'))
    failure.message += `\n--- what troubled the server ---\n${troubles.join('\n').slice(-LOG_SHOWN)}`
    throw failure
  }
}

/** A container engine of this machine is none of a test's business. */
const WITHOUT_ENGINE = { LONGHOUSE_DOCKER_HOST: 'off' }

function engineOfTests() {
  const socket = process.env.LONGHOUSE_TEST_ENGINE
  assert.ok(socket, 'no container engine for tests: run this as `cargo xtask engine -- npm --prefix web/e2e test`')
  return { LONGHOUSE_DOCKER_HOST: `unix://${socket}`, LONGHOUSE_DOCKER_IMAGE: BUSYBOX }
}

export class Server {
  root
  home
  dataDir
  /** Everything that the server wrote to its standard error stream. */
  log = ''
  /** Everything that it wrote to its standard output. */
  console = ''
  url = ''
  #port = 0
  #child = null
  #environment
  #api = null
  /** Every session that was ever seen, for finding what it left behind. */
  #sessions = new Set()

  /**
   * `toml` becomes the server's `longhouse.toml`. With `containers` it uses the tests' own container engine. `root` is a directory of the caller's choice in place of one with a random
   * name; it is removed at the end.
   */
  constructor({ password = PASSWORD, env = {}, toml = null, containers = false, root = mkdtempSync(join(tmpdir(), 'longhouse-e2e-')) } = {}) {
    this.root = root
    this.home = join(root, 'home')
    this.dataDir = join(root, 'data')
    mkdirSync(this.home, { recursive: true })
    if (toml !== null) {
      mkdirSync(this.dataDir, { mode: 0o700 })
      writeFileSync(join(this.dataDir, 'longhouse.toml'), toml)
    }
    // A prompt without names and paths, and no history: what a test sees is what the test typed.
    for (const file of ['.bashrc', '.profile']) writeFileSync(join(this.home, file), "PS1='$ '\nunset HISTFILE PROMPT_COMMAND\n")
    this.#environment = {
      HOME: this.home,
      ...(containers ? engineOfTests() : WITHOUT_ENGINE),
      PATH: SYSTEM_PATH,
      SHELL: '/bin/bash',
      LANG: 'C.UTF-8',
      // Names another sessiond than the one inside the program, for whoever works on that.
      ...(process.env.LONGHOUSE_SESSIOND === undefined ? {} : { LONGHOUSE_SESSIOND: process.env.LONGHOUSE_SESSIOND }),
      ...(password === null ? {} : { LONGHOUSE_ADMIN_PASSWORD: password }),
      ...env,
    }
  }

  static async start(options) {
    const server = new Server(options)
    try {
      await server.start()
    } catch (error) {
      await server.#abandon()
      throw error
    }
    return server
  }

  /** Starts, or starts again on the same port and data. */
  async start() {
    const program = process.env.LONGHOUSE_BIN ?? resolve(import.meta.dirname, '../../../target/debug/longhouse')
    assert.ok(existsSync(program), `there is no program at ${program}: set LONGHOUSE_BIN or run cargo xtask build`)
    this.console = ''
    const listen = `127.0.0.1:${this.#port}`
    const child = spawn(program, ['serve', '--listen', listen, '--data-dir', this.dataDir], {
      env: this.#environment,
      cwd: this.root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    child.stdout.setEncoding('utf8').on('data', (text) => (this.console += text))
    child.stderr.setEncoding('utf8').on('data', (text) => (this.log += text))
    await waitFor('the server to say its address', () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Hopeless('the server ended')
      return READY.test(this.console)
    }, { show: () => `stdout:\n${this.console}\nstderr:\n${this.log}` })
    this.url = READY.exec(this.console)[1].replace(/\/$/, '')
    this.#port = Number(new URL(this.url).port)
  }

  get pid() {
    return this.#child.pid
  }

  get port() {
    return this.#port
  }

  setupLink() {
    return SETUP_LINK.exec(this.console)?.[1]
  }

  /** An API client that is logged in as the first administrator. */
  async api() {
    this.#api ??= await Api.login(this, 'admin', PASSWORD)
    return this.#api
  }

  /** As the power would: no goodbye. */
  async kill() {
    await this.#end('SIGKILL')
  }

  async restart() {
    await this.kill()
    await this.start()
  }

  /** Marks a session whose remains `close` looks for. */
  remember(id) {
    this.#sessions.add(id)
  }

  async close() {
    try {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) await this.start()
      await this.#deleteSessions()
      const code = await this.#end('SIGTERM')
      assert.equal(code, 0, 'the server ends in order when it is asked to')
      await this.#nothingIsLeft()
    } finally {
      await this.#abandon()
    }
  }

  async #deleteSessions() {
    if (!this.#environment.LONGHOUSE_ADMIN_PASSWORD && this.#api === null) return
    const api = await this.api()
    const { items } = await api.get('/api/sessions?limit=200')
    for (const { id } of items) {
      this.remember(id)
      await api.delete(`/api/sessions/${id}?force=true`)
    }
    await waitFor('the sessions to be gone', async () => (await api.get('/api/sessions')).total === 0, {
      show: async () => JSON.stringify(await api.get('/api/sessions'), null, 1),
    })
  }

  async #nothingIsLeft() {
    await waitFor('the processes to be gone', () => processesOf(this.root, [...this.#sessions]).length === 0, {
      show: () => processesOf(this.root, [...this.#sessions]).map(({ pid, command }) => `${pid} ${command}`).join('\n'),
    })
    const left = [...filesIn(join(this.dataDir, 'sessions')), ...filesIn(join(this.dataDir, 'run'))].filter((path) => !path.endsWith('/run/docker/'))
    assert.deepEqual(left, [], 'a session that was deleted leaves no file and no socket')
    for (const id of this.#environment.LONGHOUSE_DOCKER_IMAGE === undefined ? [] : this.#sessions) {
      assert.equal(remainsInEngine(id), '', 'a session that was deleted leaves no container and no volume')
    }
  }

  async #end(signal) {
    const child = this.#child
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal)
      await within(`the server to end after ${signal}`, once(child, 'exit'))
    }
    return child.exitCode
  }

  /** What a failed test left is ended one by one, so that it disturbs no other. */
  async #abandon() {
    await this.#end('SIGKILL')
    mkdirSync(ARTIFACTS, { recursive: true })
    writeFileSync(join(ARTIFACTS, `${basename(process.argv[1])}-${basename(this.root)}.log`), this.log)
    for (const { pid } of processesOf(this.root, [...this.#sessions])) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended by itself meanwhile.
      }
    }
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** The containers and volumes that the tests' engine has of a session. */
function remainsInEngine(id) {
  const ask = (...words) =>
    execFileSync('docker', ['--host', `unix://${process.env.LONGHOUSE_TEST_ENGINE}`, ...words, '--quiet', '--filter', `label=longhouse.session=${id}`], { encoding: 'utf8' })
  return `${ask('ps', '--all')}${ask('volume', 'ls')}`.trim()
}

function filesIn(directory) {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => {
    const path = join(directory, name)
    return `${path}${existsSync(path) && statSync(path).isDirectory() ? '/' : ''}`
  })
}
