// Sessions that begin with a repository, from the form to the push: on this machine, and in a container that reaches the repository's host alone.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { freshName } from '../harness/api.js'
import { withPersonAt } from '../harness/browser.js'
import { Forge } from '../harness/forge.js'
import { openHouse } from '../harness/house.js'
import { GIT_IMAGE } from '../harness/server.js'
import { waitFor } from '../harness/wait.js'

const { browser, server, api } = await openHouse({ containers: true, env: { LONGHOUSE_GIT_PROTOCOLS: 'https:ssh:http' } })
const forge = await Forge.open(join(server.root, 'forge'))
after(() => forge.close())
await waitFor('the engine to be known', async () => (await api.get('/api/config')).runtimes.some(({ name, available }) => name === 'docker' && available))

const part = (page, name) => page.getByRole('button', { name: new RegExp(`^${name}`) })
const create = (page) => page.getByRole('button', { name: 'Create session' })

/** Fills in what is common to both: a name, a repository, and who commits. */
async function askFor(page, url) {
  await page.getByLabel('Name', { exact: true }).fill(freshName('cloned'))
  await part(page, 'Repository').click()
  await page.getByLabel('Address (optional)').fill(url)
  await page.getByLabel('Your name in commits').fill('Ada')
  await page.getByLabel('Your e-mail in commits').fill('ada@example.org')
}

/** The session that the page shows. */
async function shown(page) {
  await page.waitForURL(/\/sessions\/[0-9a-f-]{36}/)
  const id = /[0-9a-f-]{36}/.exec(page.url())[0]
  server.remember(id)
  return id
}

/** Changes a file in a terminal, commits and pushes it with the page. */
async function commitAndPush(person, page, subject) {
  await person.untilScreen('manual', /\$/)
  await person.type('manual', 'echo more >> readme')
  await page.getByRole('button', { name: 'Details', exact: true }).first().click()
  await page.getByRole('group', { name: 'Panel' }).getByRole('button', { name: 'Changes' }).click()
  await page.locator('[data-file-head="readme"]').waitFor()
  await page.getByLabel('Message of the commit').fill(subject)
  await page.getByRole('button', { name: 'Commit 1 file' }).click()
  await page.getByRole('button', { name: 'Push 1', exact: true }).click()
  await page.getByText('Pushed main').waitFor()
}

test('a repository is cloned on this machine, worked on and pushed to; what cannot be is said in the form', async () => {
  const url = forge.add('plain', { readme: 'hello\n' })
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn('/new')
    await part(page, 'Runs in').click()
    await page.getByRole('radio', { name: 'This machine' }).check()
    await askFor(page, 'https://ada:secret@git.example.org/a.git')
    await create(page).click()
    await page.getByRole('alert').first().waitFor()
    assert.match(page.url(), /\/new$/)
    await page.getByLabel('Address (optional)').fill(url)
    await page.getByLabel('Commits of history').fill('1')
    await create(page).click()
    const session = await api.untilStatus(await shown(page), 'running')
    assert.deepEqual([session.repoType, session.repoUrl, session.cloneDepth], ['clone', url, 1])
    await commitAndPush(person, page, 'docs: more')
    assert.equal(forge.git('plain', 'log', '-1', '--format=%an %s', 'main'), 'Ada docs: more')
  })
})

test('a container that reaches only the repository’s host is made with the form, and pushes there', async () => {
  const url = forge.add('closed', { readme: 'hello\n' })
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn('/new')
    await part(page, 'Runs in').click()
    await page.getByRole('radio', { name: 'Container' }).check()
    await page.getByLabel('Image').fill(GIT_IMAGE)
    await part(page, 'Network').click()
    assert.equal(await page.getByRole('radio', { name: /^Only the repository/ }).count(), 0, 'without a repository there is no host to reach')
    await askFor(page, url)
    await page.getByRole('radio', { name: /^Only the repository/ }).check()
    await part(page, 'Resources').click()
    await page.getByLabel('Memory (MB)').fill('256')
    await create(page).click()
    const session = await api.untilStatus(await shown(page), 'running')
    assert.deepEqual([session.runtime, session.network, session.allowHosts], ['docker', 'git', [forge.host]])
    await commitAndPush(person, page, 'docs: from inside')
    assert.equal(forge.git('closed', 'log', '-1', '--format=%an %s', 'main'), 'Ada docs: from inside')
    await person.type('manual', 'wget -q -O - http://198.51.100.7/ || echo shut')
    await person.untilScreen('manual', /^shut$/m)
  })
})

test('a repository that is not there is named with the reason, and tried again once it is', async () => {
  const url = `http://${forge.host}/later.git`
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn('/new')
    await part(page, 'Runs in').click()
    await page.getByRole('radio', { name: 'This machine' }).check()
    await askFor(page, url)
    await create(page).click()
    await shown(page)
    await page.getByText(/later\.git was not cloned/).first().waitFor()
    forge.add('later', { readme: 'hello\n' })
    await page.getByRole('button', { name: 'Try again' }).click()
    await person.untilScreen('manual', /\$/)
    await person.type('manual', 'cat readme')
    await person.untilScreen('manual', /^hello$/m)
  })
})
