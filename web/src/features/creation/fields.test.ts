import { expect, test } from 'vitest'
import { ApiError, readProblem } from '../../api/problem'
import { isWrong, needsSaying, otherErrors, serverErrors, withoutChanged } from './fields'

const refusal = (code: string, ...errors: [string, string][]): ApiError =>
  new ApiError(readProblem({ code, detail: 'no', errors: errors.map(([field, message]) => ({ field, message })) }, 422))

test('what the server says of a field stands at it, an entry of a list at the list', () => {
  const error = refusal('request.invalid', ['image', 'is no name'], ['allowHosts[2]', 'must be a host'], ['flags[0]', 'is long'])
  const errors = serverErrors(error)
  expect(errors).toEqual({ image: 'is no name', allowHosts: 'Entry 3: must be a host', flags: 'Entry 1: is long' })
  expect(isWrong(errors, 'network')).toBe(true)
  expect(isWrong(errors, 'resources')).toBe(false)
  expect(needsSaying(error)).toBe(false)
})

test('a refusal that is about one field stands there too', () => {
  expect(serverErrors(refusal('session.private_network_forbidden'))).toEqual({ allowHosts: 'no' })
  expect(serverErrors(refusal('runtime.unavailable'))).toEqual({ runtime: 'no' })
})

test('what has no field is said apart', () => {
  const error = refusal('request.invalid', ['autoCommit', 'later'])
  expect(otherErrors(error)).toEqual([{ field: 'autoCommit', message: 'later' }])
  expect(needsSaying(error)).toBe(true)
  expect(needsSaying(refusal('session.limit_reached'))).toBe(true)
})

test('a field that is changed is not wrong any more', () => {
  const errors = { image: 'a', allowHosts: 'b', idleTimeoutSeconds: 'c' }
  expect(withoutChanged(errors, { image: 'x' })).toEqual({ allowHosts: 'b', idleTimeoutSeconds: 'c' })
  expect(withoutChanged(errors, { network: 'none', idleMinutes: '' })).toEqual({ image: 'a' })
  expect(withoutChanged({ 'worktree.of': 'a', 'worktree.copy': 'b' }, { worktreeOf: 'x' })).toEqual({ 'worktree.copy': 'b' })
})
