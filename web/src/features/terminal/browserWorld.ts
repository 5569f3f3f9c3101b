// The connection's outside world in a browser: real WebSockets, timers, and this tab's login.
import { auth } from '../../api/browserAuth'
import type { ConnectionWorld, Socket, SocketEvents } from './connection'

export function browserWorld(sessionId: string, terminal: string): ConnectionWorld {
  const path = `/api/sessions/${encodeURIComponent(sessionId)}/terminals/${encodeURIComponent(terminal)}/ws`
  return {
    connect: (query, protocol, events) => openSocket(`${path}?${query}`, protocol, events),
    authenticate: async (force) => {
      const state = auth.state()
      const stale = state.kind === 'signedIn' ? state.token : null
      const token = force === 'renew' ? await auth.renew(stale) : await auth.accessToken()
      return token !== null
    },
    now: () => Date.now(),
    random: () => Math.random(),
    after: (milliseconds, call) => {
      const timer = setTimeout(call, milliseconds)
      return () => clearTimeout(timer)
    },
  }
}

function openSocket(pathAndQuery: string, protocol: string, events: SocketEvents): Socket {
  const url = new URL(pathAndQuery, location.origin)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const socket = new WebSocket(url, protocol)
  socket.binaryType = 'arraybuffer'
  socket.addEventListener('open', events.open)
  socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'string') events.frame({ kind: 'text', text: data })
    else if (data instanceof ArrayBuffer) events.frame({ kind: 'binary', bytes: new Uint8Array(data) })
  })
  socket.addEventListener('close', ({ code }) => events.closed(code))
  return {
    sendText: (text) => socket.readyState === WebSocket.OPEN && socket.send(text),
    sendBytes: (bytes) => socket.readyState === WebSocket.OPEN && socket.send(bytes),
    buffered: () => socket.bufferedAmount,
    close: () => socket.close(1000),
  }
}
