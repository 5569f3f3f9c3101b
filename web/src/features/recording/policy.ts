// What the server's policy about recordings means to people. Whether a session is recorded the server says, with the session.
import type { ServerConfig } from '../../api/types'

export type RecordingPolicy = ServerConfig['recordings']

export const RECORDING_HINT: Record<RecordingPolicy, string> = {
  off: 'This server keeps no recordings.',
  asked: 'What they show, with its times, is kept on the server and can be replayed, also after the session has ended. It holds whatever is printed, secrets too.',
  always: 'This server records every terminal. What they show, with its times, can be replayed.',
}
