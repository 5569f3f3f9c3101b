// The list of repositories: cloned into it, put into it, told of as they change, changed, and taken out with their files and without.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { freshName } from '../harness/api.js'
import { withPersonAt } from '../harness/browser.js'
import { Forge } from '../harness/forge.js'
import { openHouse } from '../harness/house.js'

const { browser, server, api } = await openHouse({ env: { LONGHOUSE_GIT_PROTOCOLS: 'https:ssh:http' } })
const forge = await Forge.open(join(server.root, 'forge'))
after(() => forge.close())

const row = (page, name) => page.locator(`[data-repository="${name}"]`)
/** What the row shows; on a phone the same stands elsewhere in it, hidden here. */
const shown = (page, name, text) => row(page, name).getByText(text, { exact: true }).filter({ visible: true })
const sh = (id, script) => api.post(`/api/sessions/${id}/exec`, { command: ['sh', '-c', script] })

async function act(page, name, action) {
  await page.getByRole('button', { name: `Actions for ${name}` }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

test('a repository is cloned into the list, seen as it changes, and deleted with its files once its work is given up', async () => {
  const url = forge.add('shop', { readme: 'hello\n' })
  await withPersonAt(browser, server, async (person, page) => {
    person.expectRefusals()
    await person.logIn('/repositories')
    await page.getByRole('heading', { name: 'No repositories yet' }).waitFor()
    await page.getByRole('button', { name: 'Add a repository' }).click()
    await page.getByLabel('Address').fill('ext::sh')
    await page.getByLabel('Name', { exact: true }).fill('shop')
    await page.getByRole('button', { name: 'Clone', exact: true }).last().click()
    await page.getByRole('alert').first().waitFor()
    await page.getByLabel('Address').fill(url)
    await page.getByLabel('Name', { exact: true }).fill('')
    await page.getByRole('button', { name: 'Clone', exact: true }).last().click()

    // The name is the address's. It comes up by itself, and so do branch and changes.
    await shown(page, 'shop', 'main').waitFor()
    const [made] = (await api.get('/api/repositories')).items
    server.remember(made.sessionId)
    assert.deepEqual([made.name, made.gitUrl, made.dirty, made.running], ['shop', url, false, true])
    assert.equal(await shown(page, 'shop', 'changed').count(), 0)
    await sh(made.sessionId, 'echo new >new')
    await shown(page, 'shop', 'changed').waitFor()

    // What listens on its port is a click away.
    await api.type({ id: made.sessionId }, 'manual', 'python3 -m http.server $PORT\r')
    const preview = row(page, 'shop').getByRole('link', { name: /the preview of shop/ })
    await preview.waitFor()
    assert.equal(await preview.getAttribute('href'), `/preview/${made.sessionId}/${made.port}`)

    await act(page, 'shop', 'Edit')
    await page.getByLabel('Name', { exact: true }).fill('store')
    await page.getByLabel('Port').fill('9123')
    await page.getByRole('button', { name: 'Save' }).click()
    await shown(page, 'store', '9123').waitFor()

    await act(page, 'store', 'Delete')
    await page.getByRole('radio', { name: /^Delete its files/ }).check()
    await page.getByRole('button', { name: 'Delete with its files' }).click()
    await page.getByText('new, not committed').waitFor()
    await page.getByLabel('I do not need this work').check()
    await page.getByRole('button', { name: 'Delete and lose it' }).click()
    await page.getByRole('heading', { name: 'No repositories yet' }).waitFor()
    assert.equal((await api.get('/api/sessions')).items.some(({ id }) => id === made.sessionId), false)
  })
})

test('a repository that a session holds is put into the list and leaves it with its files in place', async () => {
  const session = await api.session({ name: freshName('holder') })
  await sh(session.id, 'git init -q -b inner libs/a')
  await withPersonAt(browser, server, async (person, page) => {
    person.expectRefusals()
    await person.logIn('/repositories')
    await page.getByRole('button', { name: 'Add a repository' }).first().click()
    await page.getByRole('button', { name: 'From a session' }).click()
    await page.getByLabel('Session', { exact: true }).selectOption(session.id)
    await page.getByLabel('Directory (optional)').fill('nothing/here')
    await page.getByLabel('Name', { exact: true }).fill('lib')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByText(/there is no git repository/i).waitFor()
    await page.getByLabel('Directory (optional)').fill('libs/a')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await shown(page, 'lib', 'inner').waitFor()
    await act(page, 'lib', 'Delete')
    assert.equal(await page.getByRole('radio', { name: /^Delete its files/ }).count(), 0)
    await page.getByRole('button', { name: 'Take out of the list' }).click()
    await row(page, 'lib').waitFor({ state: 'detached' })
    assert.equal((await sh(session.id, 'git -C libs/a symbolic-ref --short HEAD')).stdout.trim(), 'inner')
  })
})
