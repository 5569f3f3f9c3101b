// The same examples as the server's own tests of its rule.
import { expect, test } from 'vitest'
import { imageError } from './image'

test.each(['busybox', 'debian:bookworm-slim', 'library/node:22', 'localhost/own:1', 'registry.example.com:5000/team/app__x:V1.0_b-c', 'ghcr.io/a/b-c.d', `busybox@sha256:${'0f'.repeat(32)}`])(
  '%j names an image',
  (name) => {
    expect(imageError(name)).toBeNull()
  },
)

test.each([
  '', 'evil; id', '-v/:/h', '--privileged', '$(id)', 'a b', 'a\nb', '../../etc', 'a/../b', 'a//b', '/a', 'a/', 'a?b=c', 'a#b', 'a%2e', 'Busybox', 'a:', 'a:-x',
  'a@sha256:12', 'a@md5:00', 'a___b', 'host.:80/a', 'host.example:port/a', '-.example/a', 'a'.repeat(300),
])('%j does not', (name) => {
  expect(imageError(name)).not.toBeNull()
})
