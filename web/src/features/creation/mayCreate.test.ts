import { expect, test } from 'vitest'
import type { ServerConfig } from '../../api/types'
import { runtimesFor, whyNoSession } from './mayCreate'

const config = (...available: ServerConfig['runtimes'][number]['name'][]): Pick<ServerConfig, 'runtimes'> => ({
  runtimes: available.map((name) => ({ name, available: true, detail: null })),
})

test('who may not use the machine is offered the other runtimes, or told why there is none', () => {
  const member = { role: 'member', mayUseHost: false } as const
  expect(runtimesFor(member, config('host', 'docker')).map((runtime) => runtime.name)).toEqual(['docker'])
  expect(whyNoSession(member, config('host', 'docker'))).toBeNull()
  expect(whyNoSession(member, config('host'))).toContain('permission')
  expect(whyNoSession({ ...member, mayUseHost: true }, config('host'))).toBeNull()
})

test('a viewer makes nothing', () => {
  expect(whyNoSession({ role: 'viewer', mayUseHost: false }, config('docker'))).toContain('viewer')
})
