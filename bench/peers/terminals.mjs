// What both have in common: terminals by name, begun by whoever asks first.
import { spawn } from 'node-pty'

// A login shell, as in a session of Longhouse.
const shell = ['/bin/sh', '-l']

/** `multiplexer` is empty, or `['tmux', SOCKET]`. */
export function terminals([multiplexer, socket]) {
  const all = new Map()
  return (name) => {
    if (!all.has(name)) all.set(name, begin(name))
    return all.get(name)
  }

  function begin(name) {
    const command = multiplexer === 'tmux' ? ['tmux', '-S', socket, '-f', '/dev/null', 'new-session', '-A', '-s', name, ...shell] : shell
    const pty = spawn(command[0], command.slice(1), { name: 'xterm-256color', cols: 80, rows: 24, cwd: '/', env: process.env })
    const viewers = new Set()
    pty.onData((data) => {
      for (const show of viewers) show(data)
    })
    return { pty, viewers }
  }
}
