// What runs on this machine, read from /proc: for finding what a test left behind. It never kills by name: a process is ours
// only if a directory made by this very test run stands in its environment or on its command line.
import { readdirSync, readFileSync } from 'node:fs'

/** The processes that mention `root` or were started for one of `sessions`, as `{pid, command}`. */
export function processesOf(root, sessions = []) {
  const signs = [root, ...sessions.map((id) => `LONGHOUSE_SESSION_ID=${id}`)]
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const command = read(`/proc/${name}/cmdline`)
      const environment = read(`/proc/${name}/environ`)
      const ours = signs.some((sign) => command.includes(sign) || environment.includes(sign))
      return ours && !isZombie(name) ? [{ pid: Number(name), command: command.replaceAll('\0', ' ').trim() }] : []
    })
}

/** Whether a process is there and not merely waiting to be collected by its parent. */
export function isAlive(pid) {
  return read(`/proc/${pid}/stat`) !== '' && !isZombie(pid)
}

function isZombie(pid) {
  const stat = read(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
}

function read(path) {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
