// The one `Auth` of this tab, wired to the browser: Web Locks and a BroadcastChannel join the tabs.
import { Auth, readTokenAnswer } from './auth'
import type { AuthMessage } from './auth'
import { isRecord } from './json'

const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('longhouse.auth')

export const auth = new Auth({
  fetch: (input, init) => fetch(input, init),
  now: () => Date.now(),
  // Web Locks exist in secure contexts only; elsewhere (plain HTTP on a LAN) tabs renew each for themselves.
  exclusively: (work) =>
    'locks' in navigator ? navigator.locks.request('longhouse.auth', work) : work(),
  broadcast: (message) => channel?.postMessage(message),
  after: (milliseconds, call) => {
    const timer = setTimeout(call, milliseconds)
    return () => clearTimeout(timer)
  },
})

channel?.addEventListener('message', (event: MessageEvent<unknown>) => {
  const message = readMessage(event.data)
  if (message !== null) auth.hear(message)
})

function readMessage(data: unknown): AuthMessage | null {
  if (!isRecord(data)) return null
  if (data['kind'] === 'signedOut') return { kind: 'signedOut' }
  const answer = readTokenAnswer(data['answer'])
  return answer === null ? null : { kind: 'signedIn', answer }
}
