import { describe, expect, test } from 'vitest'
import type { LogLine } from '../../api/types'
import { passage } from './wayOut'

const line = (message: string): LogLine => ({ seq: 1, at: '2026-11-21T04:00:00Z', level: 'info', source: 'egress', message })

describe('the log of the way out', () => {
  test('each kind of line is a row', () => {
    const rows = [
      'connected to example.com:443 at 93.184.216.34',
      'closed example.com:443: 1234 bytes sent, 56000000 received',
      'refused example.net:443: example.net:443 is not on this session\'s list of allowed hosts',
      'refused evil X: y:80: must be a host name',
    ].map((message) => passage(line(message)))
    expect(rows.map((row) => [row?.destination, row?.came, row?.detail])).toEqual([
      ['example.com:443', 'allowed', '93.184.216.34'],
      ['example.com:443', 'ended', '1.2 kB out, 56.0 MB in'],
      ['example.net:443', 'refused', "example.net:443 is not on this session's list of allowed hosts"],
      ['evil X: y:80', 'refused', 'must be a host name'],
    ])
  })

  test('a fault of the way out itself is none', () => {
    expect(passage(line("the session's proxy cannot listen on port 3128: in use"))).toBeNull()
  })
})
