// The one error that calls to the server throw, made from problem+json or from the lack of any answer.
import { isRecord, numberOf, stringOf } from './json'
import type { FieldError, Problem } from './types'

export class ApiError extends Error {
  readonly problem: Problem
  /** How many seconds to wait before asking again, where the server said so. */
  readonly retryAfter: number | null

  constructor(problem: Problem, retryAfter: number | null = null) {
    super(problem.detail || problem.title)
    this.name = 'ApiError'
    this.problem = problem
    this.retryAfter = retryAfter
  }
}

/** The error that an answer stands for; `body` is its parsed JSON. */
export function apiError(body: unknown, response: Response): ApiError {
  return new ApiError(readProblem(body, response.status), readRetryAfter(response.headers.get('Retry-After')))
}

/** The header in seconds. Its other form, a date, would need the server's clock. */
export function readRetryAfter(header: string | null): number | null {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) : null
}

export function hasStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.problem.status === status
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof ApiError && error.problem.code === code
}

/** What the answer says went wrong, or the plainest truth where it is not in the server's format (a proxy's page). */
export function readProblem(body: unknown, status: number): Problem {
  const fields = isRecord(body) ? body : {}
  return {
    type: stringOf(fields['type']) ?? 'about:blank',
    title: stringOf(fields['title']) ?? titleOf(status),
    status: numberOf(fields['status']) ?? status,
    detail: stringOf(fields['detail']) ?? '',
    code: stringOf(fields['code']) ?? `http.${status}`,
    requestId: stringOf(fields['requestId']) ?? '',
    errors: readFieldErrors(fields['errors']),
  }
}

export function unreachable(): ApiError {
  return new ApiError({
    type: 'about:blank',
    title: 'The server does not answer',
    status: 0,
    detail: 'The server does not answer. It may be restarting, or the network is away.',
    code: 'network.unreachable',
    requestId: '',
    errors: [],
  })
}

/** A sentence for people. */
export function describe(error: unknown): string {
  if (error instanceof ApiError) return error.message
  return error instanceof Error ? error.message : String(error)
}

/** The messages for one field, by the field's name on the wire. */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {}
  return Object.fromEntries(error.problem.errors.map((item) => [item.field, item.message]))
}

function readFieldErrors(value: unknown): FieldError[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((item: unknown) => {
    const field = isRecord(item) ? stringOf(item['field']) : null
    const message = isRecord(item) ? stringOf(item['message']) : null
    return field === null || message === null ? [] : [{ field, message }]
  })
}

function titleOf(status: number): string {
  if (status === 401) return 'Please log in again'
  if (status === 403) return 'You may not do that'
  if (status === 404) return 'Not found'
  if (status === 429) return 'Too many attempts; wait a moment'
  if (status >= 500) return 'The server could not do that'
  return `The server refused (${status})`
}

/** Git did not do what a line asked; the message is git's own. */
export class GitRefusal extends Error {}
