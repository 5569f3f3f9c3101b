// A repository as somebody has it who lets a session work in it: made by the git of this machine, with nothing of its settings.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SYSTEM_PATH } from './server.js'

const NAMES = { GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.com', GIT_COMMITTER_NAME: 'Ada', GIT_COMMITTER_EMAIL: 'ada@example.com' }

export class Repository {
  directory
  #minutes = 0

  constructor(directory) {
    this.directory = directory
    mkdirSync(directory, { recursive: true })
    this.git('init', '--quiet', '--initial-branch=main')
  }

  /** What git says. Each commit is a minute later than the one before. */
  git(...words) {
    const at = new Date(Date.UTC(2026, 0, 5, 9, this.#minutes)).toISOString()
    const env = { PATH: SYSTEM_PATH, HOME: this.directory, GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_DATE: at, GIT_COMMITTER_DATE: at, ...NAMES }
    return execFileSync('git', words, { cwd: this.directory, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd()
  }

  write(path, content) {
    mkdirSync(dirname(join(this.directory, path)), { recursive: true })
    writeFileSync(join(this.directory, path), content)
  }

  commit(message, files = {}) {
    this.#minutes += 1
    for (const [path, content] of Object.entries(files)) this.write(path, content)
    this.git('add', '--all')
    this.git('commit', '--quiet', `--message=${message}`)
  }
}
