// The same examples as the server's own tests of its rule.
import { expect, test } from 'vitest'
import { hostsError, readHosts } from './hosts'

test.each(['example.org', 'EXAMPLE.org.', '*.example.com', 'git.example.net:22', '192.0.2.7:80', '10.0.0.0/8', '10.0.0.0/8:80', '::1', '[::1]', '[::1]:443', '2001:db8::/32', '[2001:db8::]/32:80', 'xn--exmple-cua.org', '_dmarc.example.org'])(
  '%j may stand in the list',
  (entry) => {
    expect(hostsError(entry)).toBeNull()
  },
)

test.each([
  '.', '*', '*.', 'a..b', '-a.org', 'a-.org', 'a b', 'a/b', 'a@b', 'http://a', 'a:b:80', 'a:0', 'a:65536', 'a:+1', 'a:', '*.*.org', 'a.*.org',
  '0177.1', '127.1', '2130706433', '0x7f.0.0.1', '0x7f000001', '1.2.3.4.5', '10.0.0.0/33', '10.0.0.0/+8', '10.0.0.0/', '[::1', '::1]', '[::1]/129',
  'fe80::1%eth0', 'exämple.org', `${'a'.repeat(64)}.org`, '256.1.1.1', '*.10.0.0.1',
])('%j may not', (entry) => {
  expect(hostsError(entry)).toContain(entry)
})

test('a list has one host per line, and a bound', () => {
  expect(readHosts(' a.org \n\n b.org:80\r\n')).toEqual(['a.org', 'b.org:80'])
  expect(hostsError('')).toBeNull()
  expect(hostsError('a.org\n'.repeat(256))).toBeNull()
  expect(hostsError('a.org\n'.repeat(257))).toContain('256')
})
