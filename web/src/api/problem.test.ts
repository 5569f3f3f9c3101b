import { expect, test } from 'vitest'
import { ApiError, describe, fieldErrors, readProblem } from './problem'

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
