import { expect, test } from 'vitest'
import { ApiError, describe, fieldErrors, readProblem, readRetryAfter } from './problem'

test('a problem of the server is read with its field errors', () => {
  const problem = readProblem(
    { title: 'Invalid', status: 422, code: 'request.invalid', detail: 'Some fields are wrong.', requestId: 'r', errors: [{ field: 'name', message: 'taken' }, { field: 7 }] },
    422,
  )
  expect(fieldErrors(new ApiError(problem))).toEqual({ name: 'taken' })
  expect(describe(new ApiError(problem))).toBe('Some fields are wrong.')
})

test('what is no problem document still says something true', () => {
  expect(describe(new ApiError(readProblem('<html>', 502)))).toBe('The server could not do that')
  expect(readProblem(null, 404).code).toBe('http.404')
})

test('how long to wait is read in seconds, or not at all', () => {
  expect(['0', '17', '999999'].map(readRetryAfter)).toEqual([0, 17, 999_999])
  expect([null, '', '-1', '1.5', '1e9', 'Wed, 21 Oct 2015 07:28:00 GMT', '12345678'].map(readRetryAfter)).toEqual(Array.from({ length: 7 }, () => null))
})
