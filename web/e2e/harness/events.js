// The stock Socket.IO client, with a memory of what it heard.
import { io } from 'socket.io-client'
import { waitFor, within } from './wait.js'

export class Listener {
  /** `[event, ...arguments]`, in the order of arrival. */
  heard = []

  constructor(url, options = {}) {
    this.socket = io(url, { reconnectionDelay: 50, reconnectionDelayMax: 200, forceNew: true, ...options })
    this.socket.onAny((...event) => this.heard.push(event))
  }

  /** Connects with the token of `api`, and waits until the server says that nothing more was missed. */
  static async connect(server, api, { auth = {}, ...options } = {}) {
    const listener = new Listener(server.url, { auth: { token: api.token, ...auth }, ...options })
    listener.socket.on('connect_error', (error) => (listener.refused = error.message))
    await waitFor('the events to be ready', () => listener.of('events.ready').length > 0, {
      show: () => `refused: ${listener.refused}, heard: ${JSON.stringify(listener.heard)}`,
    })
    return listener
  }

  /** The arguments of every event of that name. */
  of(name) {
    return this.heard.filter(([event]) => event === name).map(([, ...rest]) => rest)
  }

  /** The first argument of the events of that name that concern a session. */
  about(name, id) {
    return this.of(name).flatMap(([payload]) => (payload?.id === id ? [payload] : []))
  }

  until(what, condition) {
    return waitFor(what, condition, {
      show: () => this.heard.slice(-30).map(([name, ...rest]) => `${name} ${JSON.stringify(rest).slice(0, 300)}`).join('\n'),
    })
  }

  /** Sends an event and gives the acknowledgement. */
  ask(...event) {
    return within(`the acknowledgement of ${event[0]}`, new Promise((resolve) => this.socket.emit(...event, resolve)))
  }

  /** What a terminal wrote since it was joined, history first. */
  output(id, terminal = 'agent') {
    const chunks = this.heard.filter(([event, session, , name]) => /^terminal:(history|output)$/.test(event) && session === id && name === terminal)
    return Buffer.concat(chunks.map(([, , bytes]) => Buffer.from(bytes)))
  }

  close() {
    this.socket.disconnect()
  }
}
