// A session in a container from the form to its end, by a person at a browser: against the tests' own container engine.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { freshName } from '../harness/api.js'
import { launch, Person, PHONE, withPersonAt } from '../harness/browser.js'
import { BUSYBOX, PASSWORD, Server } from '../harness/server.js'
import { waitFor } from '../harness/wait.js'

let browser
let server
let api
before(async () => {
  browser = await launch()
  server = await Server.start({ containers: true })
  api = await server.api()
  // The first thing that is asked of an engine takes as long as it takes to answer.
  await waitFor('the engine to be known', async () => (await api.get('/api/config')).runtimes.some(({ name, available }) => name === 'docker' && available))
})
after(async () => {
  await browser?.close()
  await server?.close()
})

const part = (page, name) => page.getByRole('button', { name: new RegExp(`^${name}`) })
const create = (page) => page.getByRole('button', { name: 'Create session' }).click()

/** Fills in what these tests want of a container: small, and without a network. */
async function askForContainer(page, name) {
  await page.getByLabel('Name', { exact: true }).fill(name)
  await part(page, 'Runs in').click()
  await page.getByRole('radio', { name: 'Container' }).check()
  await part(page, 'Network').click()
  await page.getByRole('radio', { name: 'None' }).check()
  await part(page, 'Resources').click()
  await page.getByLabel('CPU cores').fill('0.5')
  await page.getByLabel('Memory (MB)').fill('128')
  await page.getByLabel('Processes').fill('64')
}

/** The session that the page shows. */
async function shown(page) {
  await page.waitForURL(/\/sessions\/[0-9a-f-]{36}/)
  const id = /[0-9a-f-]{36}/.exec(page.url())[0]
  server.remember(id)
  return id
}

/** Begins to note every stage that the page shows under way; the answer says which ones it was. */
async function watchStages(page) {
  await page.evaluate(() => {
    window.stages = []
    const note = () => {
      const now = document.querySelector('[data-mark="now"]')?.dataset.stage
      if (now !== undefined && window.stages.at(-1) !== now) window.stages.push(now)
    }
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributes: true })
  })
  return () => page.evaluate(() => window.stages)
}

test('a container is made with the form, watched, worked in, looked into by its preview, stopped and deleted', async () => {
  const person = await Person.arrive(browser, server)
  const { page } = person
  await person.logIn('/new')
  await askForContainer(page, freshName('boxed'))
  await part(page, 'Environment').click()
  await page.getByRole('button', { name: 'Add secret' }).click()
  await page.getByLabel('Name of secret 1').fill('API_KEY')
  await page.getByLabel('Value of secret 1').fill('hush')
  const stages = await watchStages(page)
  await create(page)
  const id = await shown(page)

  // Both terminals are of the container.
  for (const [terminal, sum] of [['agent', '40 + 2'], ['manual', '50 + 5']]) {
    await person.untilScreen(terminal, /\$/)
    await person.type(terminal, `echo ${terminal} $((${sum})); cat $LONGHOUSE_SECRETS_DIR/API_KEY; ls /sys/class/net`)
    await person.untilScreen(terminal, new RegExp(`^${terminal} ${terminal === 'agent' ? 42 : 55}\\nhush`, 'm'))
  }
  const seen = await stages()
  assert.ok(seen.includes('container') && !seen.includes('clone'), `the stages that the page showed: ${seen}`)

  // A web server that is started inside appears, and opens.
  await person.type('manual', 'cd /tmp && echo "made inside" > index.html && httpd -p 127.0.0.1:8000 && echo up')
  await person.untilScreen('manual', /^up$/m)
  await page.getByRole('button', { name: 'Details' }).click()
  await page.getByRole('button', { name: /^Ports/ }).click()
  const port = await waitFor('the port to be found', async () => (await api.get(`/api/sessions/${id}/ports`)).items[0])
  person.mayVisit(port.url)
  const [preview] = await Promise.all([
    person.context.waitForEvent('page'),
    page.getByRole('link', { name: 'the preview of port 8000' }).click(),
  ])
  await preview.getByText('made inside').waitFor()
  await preview.close()

  // What it is.
  const panel = page.getByRole('complementary', { name: 'About this session' })
  await panel.getByRole('button', { name: 'Details' }).click()
  await panel.getByText('0.5 cores, 128 MB, 64 processes').waitFor()
  await panel.getByText(BUSYBOX).waitFor()
  await panel.getByText('Nothing in the session reaches anything outside it.').waitFor()

  // What it uses.
  await panel.getByRole('button', { name: 'Usage' }).click()
  for (const graph of ['Processor', 'Memory']) await panel.getByRole('img', { name: new RegExp(`^${graph}.*at most`) }).waitFor()

  // What happened in it.
  await panel.getByRole('button', { name: 'Logs' }).click()
  await panel.getByText(/starting the terminals/).waitFor()
  await panel.getByLabel('Search the log').fill('no such line')
  await panel.getByText(/starting the terminals/).waitFor({ state: 'detached' })

  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await page.getByRole('heading', { name: 'This session is stopped' }).waitFor()
  // The page may ask once more for what is being deleted.
  person.expectRefusals()
  await page.getByRole('button', { name: /^Actions for/ }).click()
  await page.getByRole('menuitem', { name: 'Delete…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete session' }).click()
  await page.waitForURL(/\/$/)
  await api.refused('GET', `/api/sessions/${id}`, 404, 'session.not_found')
  await person.leave()
})

test('a creation that fails says where and why, and the next form begins with the same choices', async () => {
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn('/new')
    await askForContainer(page, freshName('imageless'))
    await page.getByLabel('Image').fill('localhost:1/no/such:7')
    await create(page)
    await shown(page)
    await page.getByRole('heading', { name: 'This session could not be started' }).waitFor()
    await page.getByText(/localhost:1\/no\/such:7.*cannot be fetched/).waitFor()
    await page.locator('[data-stage="image"][data-mark="failed"]').waitFor()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('[data-stage="image"][data-mark="failed"]').waitFor()

    await page.getByRole('link', { name: 'Start over with other settings' }).click()
    await part(page, 'Runs in').getByText('localhost:1/no/such:7').waitFor()
    await part(page, 'Network').getByText('None').waitFor()
    await part(page, 'Resources').getByText('0.5 cores, 128 MB, 64 processes').waitFor()
    await page.getByRole('button', { name: 'Defaults' }).click()
    await part(page, 'Network').getByText('Open').waitFor()
    await page.reload()
    await part(page, 'Network').getByText('Open').waitFor()
  })
})

test('what the server refuses stands at its field, in a part that opens by itself', async () => {
  await withPersonAt(browser, server, async (person, page) => {
    person.expectRefusals()
    await api.post('/api/users', { username: 'ann', password: PASSWORD, role: 'member' })
    await person.logIn('/new', { username: 'ann' })
    await page.getByLabel('Name', { exact: true }).fill(freshName('inside'))
    await part(page, 'Runs in').click()
    assert.equal(await page.getByRole('radio', { name: 'This machine' }).isDisabled(), true)
    await page.getByText(/your account may not run sessions on this machine itself/).waitFor()
    await part(page, 'Network').click()
    await page.getByRole('radio', { name: 'Only listed hosts' }).check()
    const hosts = page.getByLabel('Hosts, one per line')
    await hosts.fill('http://a')
    await part(page, 'Network').click()
    await create(page)
    await page.getByText('“http://a” is not a host').waitFor()
    assert.equal(await hosts.evaluate((field) => field === document.activeElement), true, 'the focus is where the mistake is')

    await hosts.fill('10.0.0.1')
    await create(page)
    await page.getByText(/10\.0\.0\.1 leads into the server's own network/).waitFor()
    assert.equal(await hosts.getAttribute('aria-invalid'), 'true')
  })
})

test('the list of a closed container is changed on its page, on a phone', async () => {
  const session = await api.session({ runtime: 'docker', network: 'allowlist', allowHosts: ['example.org'], memoryLimit: 128, cpuLimit: 0.5, pidsLimit: 64 })
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(`/sessions/${session.id}?panel=details`)
    const hosts = page.getByRole('list', { name: 'Hosts' })
    await hosts.getByText('example.org').waitFor()
    await page.getByRole('button', { name: 'Change the list' }).click()
    await page.getByLabel('Hosts, one per line').fill('*.example.com:443\n127.0.0.1')
    await page.getByRole('button', { name: 'Save the list' }).click()
    await hosts.getByText('*.example.com:443').waitFor()
    assert.equal(await person.sideways(), 0)
  }, PHONE)
  assert.deepEqual((await api.get(`/api/sessions/${session.id}`)).allowHosts, ['*.example.com:443', '127.0.0.1'])
})
