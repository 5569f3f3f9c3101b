// The typed client: adds the access token, renews it once on 401, and turns every failure into an `ApiError`.
import createClient from 'openapi-fetch'
import { auth } from './browserAuth'
import { parseJson } from './json'
import { ApiError, apiError, readProblem, unreachable } from './problem'
import type { paths } from './schema.gen'

async function authorizedFetch(request: Request): Promise<Response> {
  const again = request.clone()
  const token = await auth.accessToken()
  // Everything that this client asks is for people who are logged in.
  if (token === null) throw new ApiError(readProblem(null, 401))
  const response = await send(request, token)
  if (response.status !== 401) return response
  const renewed = await auth.renew(token)
  return renewed === null ? response : send(again, renewed)
}

async function send(request: Request, token: string): Promise<Response> {
  request.headers.set('Authorization', `Bearer ${token}`)
  try {
    return await fetch(request)
  } catch {
    if (request.signal.aborted) throw new DOMException('aborted', 'AbortError')
    throw unreachable()
  }
}

export const client = createClient<paths>({ baseUrl: location.origin, fetch: authorizedFetch })

/** For what is asked before anybody is logged in. */
export const openClient = createClient<paths>({ baseUrl: location.origin, fetch: openFetch })

async function openFetch(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch {
    throw unreachable()
  }
}

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The answer's data, or an `ApiError`. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer
  if (response.ok && data !== undefined) return data
  throw apiError(error, response)
}

/** For calls whose answer nobody reads (204, or a body of no interest). */
export async function settle(answer: Promise<Answer<unknown>>): Promise<void> {
  const { error, response } = await answer
  if (!response.ok) throw apiError(error, response)
}

/** At most so many bytes of an answer, for looking into files; and whether there are more. */
export async function getBytes(path: string, most: number): Promise<{ bytes: Uint8Array; more: boolean }> {
  const request = new Request(new URL(path, location.origin), { headers: { Range: `bytes=0-${most}` } })
  const response = await authorizedFetch(request)
  // An empty file has no first byte.
  if (response.status === 416) return { bytes: new Uint8Array(), more: false }
  if (!response.ok) throw apiError(parseJson(await response.text()), response)
  const bytes = new Uint8Array(await response.arrayBuffer())
  return { bytes: bytes.subarray(0, most), more: bytes.length > most }
}

/** A plain text answer, for downloads. */
export async function getText(path: string): Promise<string> {
  return (await getAnswer(path)).text()
}

/** An answer whose body is read as it comes, or as a whole; refusals are thrown. */
export async function getAnswer(path: string, signal: AbortSignal | null = null): Promise<Response> {
  const response = await authorizedFetch(new Request(new URL(path, location.origin), { signal }))
  if (!response.ok) throw apiError(parseJson(await response.text()), response)
  return response
}
