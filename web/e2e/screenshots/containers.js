// The pictures of containers: the form that asks for one, its page, and its ports.
import { withServer } from '../harness/server.js'
import { pictures } from './picture.js'

/** The tests' engine has it; it holds no web server, but a perl. */
const IMAGE = 'debian:bookworm-slim'
const WEB_SERVER = `use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 3000, Listen => 5, ReuseAddr => 1) or die; print "Local: http://localhost:3000\\n"; while (my $c = $s->accept) { print $c "HTTP/1.0 200 OK\\r\\n\\r\\nhello\\n"; close $c }`

export async function containers(browser) {
  await withServer({ containers: true, env: { LONGHOUSE_DOCKER_IMAGE: IMAGE } }, async (server) => {
    const api = await server.api()
    const made = await api.session({
      name: 'shop-frontend',
      description: 'The new basket, in a closed container',
      runtime: 'docker',
      network: 'allowlist',
      allowHosts: ['registry.example.org', '*.example.com:443'],
      memoryLimit: 2048,
      cpuLimit: 1,
    })
    await api.post(`/api/sessions/${made.id}/terminals`, { name: 'web', command: ['perl', '-e', WEB_SERVER] })
    const open = async (page, person, panel, ready) => {
      await page.goto(`/sessions/${made.id}?panel=${panel}`)
      await ready.waitFor()
      if (page.viewportSize().width > 900) for (const terminal of ['agent', 'manual']) await person.untilFits(terminal)
    }
    await pictures(browser, server, {
      guides: ['new-session', 'container', 'ports'],
      arrive: (person) => person.logIn('/'),
      pages: (page, person) => ({
        'new-session': async () => {
          await page.goto('/new')
          await page.getByLabel('Name', { exact: true }).fill('shop-frontend-2')
          await page.getByRole('button', { name: /^Network/ }).click()
          await page.getByRole('radio', { name: 'Only listed hosts' }).check()
          await page.getByLabel('Hosts, one per line').fill('registry.example.org\n*.example.com:443')
          await page.getByRole('heading', { name: 'New session' }).scrollIntoViewIfNeeded()
        },
        container: () => open(page, person, 'details', page.getByText('Only listed hosts')),
        ports: () => open(page, person, 'ports', page.getByRole('link', { name: 'the preview of port 3000' })),
      }),
    })
  })
}
