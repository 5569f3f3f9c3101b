// A host that is reached over SSH: OpenSSH's own server, a process for each connection, on a loopback port. Who logs in may run git and
// nothing else.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { within } from './wait.js'

export class Sshd {
  #root
  #server
  #served = new Set()

  /** Opens one that lets nobody in yet, with its files in a directory. */
  static async open(root) {
    const sshd = new Sshd()
    sshd.#root = root
    mkdirSync(root, { recursive: true })
    // Where it runs as root, it wants an empty directory for itself, which the package's service makes.
    if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true })
    const settings = {
      HostKey: join(root, 'host_key'),
      AuthorizedKeysFile: join(root, 'authorized_keys'),
      StrictModes: 'no',
      UsePAM: 'no',
      PidFile: 'none',
      PasswordAuthentication: 'no',
      KbdInteractiveAuthentication: 'no',
      PermitRootLogin: 'prohibit-password',
      ForceCommand: `/usr/bin/env -i HOME=${root} PATH=/usr/bin:/bin git shell -c "$SSH_ORIGINAL_COMMAND"`,
    }
    writeFileSync(join(root, 'config'), Object.entries(settings).map(([name, value]) => `${name} ${value}\n`).join(''))
    sshd.authorize('')
    sshd.changeHostKey()
    const log = openSync(join(root, 'log'), 'a')
    sshd.#server = createServer((socket) => sshd.#serve(socket, log))
    sshd.#server.listen(0, '127.0.0.1')
    await once(sshd.#server, 'listening')
    return sshd
  }

  /** As known-hosts files name it. */
  get host() {
    return `[127.0.0.1]:${this.#server.address().port}`
  }

  /** The address of a repository on this machine. */
  url(directory) {
    return `ssh://${userInfo().username}@127.0.0.1:${this.#server.address().port}${directory}`
  }

  /** Lets in whoever holds these keys, and nobody else. */
  authorize(keys) {
    writeFileSync(join(this.#root, 'authorized_keys'), `${keys}\n`)
  }

  /** It has another key from now on; the answer is its fingerprint. */
  changeHostKey() {
    const path = join(this.#root, 'host_key')
    rmSync(path, { force: true })
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path])
    return execFileSync('ssh-keygen', ['-lf', path], { encoding: 'utf8' }).split(' ')[1]
  }

  #serve(socket, log) {
    const child = spawn('/usr/sbin/sshd', ['-i', '-e', '-f', join(this.#root, 'config')], { env: {}, stdio: ['pipe', 'pipe', log] })
    this.#served.add(child)
    child.on('exit', () => this.#served.delete(child))
    // Either side may hang up first.
    for (const stream of [socket, child.stdin, child.stdout]) stream.on('error', () => {})
    socket.pipe(child.stdin)
    child.stdout.pipe(socket)
  }

  async close() {
    this.#server.close()
    for (const child of this.#served) {
      child.kill()
      await within('a connection to end', once(child, 'exit'))
    }
  }
}
