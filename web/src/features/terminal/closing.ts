// What to do when the terminal's WebSocket closes, by its close code. A decision only; the connection carries it out.

export type AfterClose =
  | { next: 'reconnect'; why: string }
  /** Log in again first. */
  | { next: 'renew' }
  /** Trying again cannot help. */
  | { next: 'stop'; why: string }

/** Refused frames in a row after which we stop: the server and this page do not understand each other. */
const MOST_REFUSALS = 3

export function afterClose(code: number, refusals: number): AfterClose {
  switch (code) {
    case 4401:
      return { next: 'renew' }
    case 4403:
      return { next: 'stop', why: 'You have no right to this terminal.' }
    case 4404:
      return { next: 'stop', why: 'This terminal does not exist any more.' }
    case 4408:
      return { next: 'reconnect', why: 'This page was too slow to keep up.' }
    case 1001:
    case 1012:
      return { next: 'reconnect', why: 'The server is restarting.' }
    case 1002:
    case 1003:
    case 1007:
    case 1008:
    case 1009:
      return refusals + 1 >= MOST_REFUSALS
        ? { next: 'stop', why: 'The server refused what this page sent. Reload the page.' }
        : { next: 'reconnect', why: 'The server refused a message.' }
    default:
      return { next: 'reconnect', why: 'Connection lost.' }
  }
}
