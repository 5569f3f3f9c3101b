// Fetches a terminal's recording, and all that is done with it on the server.
import { queryOptions } from '@tanstack/react-query'
import { client, getAnswer, settle } from '../../api/client'
import { ApiError, unreachable } from '../../api/problem'
import { readCast, CastError } from './cast'
import { Timeline } from './timeline'

export interface Loaded {
  bytes: number
  /** How many there will be, where that is known. */
  of: number | null
}

export const recordingKey = (id: string, terminal: string) => ['recording', id, terminal] as const

function recordingPath(id: string, terminal: string): string {
  return `/api/sessions/${encodeURIComponent(id)}/terminals/${encodeURIComponent(terminal)}/recording`
}

/** The recording, laid out in time; `null` where nothing was recorded. */
export const recordingQuery = (id: string, terminal: string, onProgress: (loaded: Loaded) => void) =>
  queryOptions({
    queryKey: recordingKey(id, terminal),
    queryFn: ({ signal }) => loadRecording(recordingPath(id, terminal), signal, onProgress),
    // It may be large: it is fetched when somebody asks for it, and forgotten when nobody looks at it any more.
    staleTime: Infinity,
    gcTime: 0,
    structuralSharing: false,
    refetchOnReconnect: false,
    // What was read once and is no recording is none the next time either.
    retry: (failures, error) => failures < 2 && error instanceof ApiError && error.problem.status === 0,
  })

async function loadRecording(path: string, signal: AbortSignal, onProgress: (loaded: Loaded) => void): Promise<Timeline | null> {
  try {
    const { body, headers } = await getAnswer(path, signal)
    const of = lengthOf(headers)
    if (body === null) throw new CastError('The recording is empty.')
    return new Timeline(await readCast(body, (bytes) => onProgress({ bytes, of })))
  } catch (error) {
    if (error instanceof ApiError && error.problem.code === 'recording.none') return null
    // A body that breaks off fails with whatever the browser calls it.
    if (error instanceof TypeError) throw unreachable()
    throw error
  }
}

/** How long the body will be; a body that is sent compressed says only how long it is on the wire. */
function lengthOf(headers: Headers): number | null {
  const length = headers.get('Content-Length')
  return length === null || headers.has('Content-Encoding') ? null : Number(length)
}

/** The file itself, as the server has it now. */
export async function downloadRecording(id: string, terminal: string): Promise<Blob> {
  return (await getAnswer(recordingPath(id, terminal))).blob()
}

export function deleteRecording(id: string, name: string): Promise<void> {
  return settle(client.DELETE('/api/sessions/{id}/terminals/{name}/recording', { params: { path: { id, name } } }))
}
