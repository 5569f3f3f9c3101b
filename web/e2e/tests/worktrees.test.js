// Several sessions on one repository, from the page: a second one in a working tree of its own, deleted with work that is nowhere else, which
// is kept in the repository and brought back; and one whose work cannot be kept.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { freshName } from '../harness/api.js'
import { withPersonAt } from '../harness/browser.js'
import { openHouse } from '../harness/house.js'
import { Repository } from '../harness/repository.js'

const { browser, server, api } = await openHouse()

const button = (page, name) => page.getByRole('button', { name, exact: true })
const dialog = (page) => page.getByRole('dialog')
const part = (page, name) => page.getByRole('button', { name: new RegExp(`^${name}`) })

/** A repository with a commit, and a session in it. */
async function based() {
  const name = freshName('base')
  const repository = new Repository(join(server.home, name))
  repository.commit('feat: begin', { 'notes.txt': 'first\n', '.gitignore': '.env\n' })
  repository.write('.env', 'KEY=1\n')
  const session = await api.session({ name, multiplexer: 'none', workdir: repository.directory, gitUserName: 'Ada', gitUserEmail: 'ada@example.com' })
  return { repository, session }
}

/** Fills in the form for a session in a working tree of this one's repository, and waits until it runs. */
async function besides(page, base, name) {
  await page.goto('/new')
  await page.getByLabel('Name', { exact: true }).fill(name)
  await part(page, 'Runs in').click()
  await page.getByRole('radio', { name: 'This machine' }).check()
  await part(page, 'Repository').click()
  await page.getByRole('group', { name: 'The directory begins with' }).getByRole('button', { name: 'A working tree of a session' }).click()
  await page.getByLabel('Session whose repository it is').selectOption({ label: base.name })
  await page.getByLabel('Your name in commits').fill('Ada')
  await page.getByLabel('Your e-mail in commits').fill('ada@example.org')
  await button(page, 'Create session').click()
  await page.waitForURL(/\/sessions\/[0-9a-f-]{36}/)
  const id = /[0-9a-f-]{36}/.exec(page.url())[0]
  server.remember(id)
  return api.untilStatus(id, 'running')
}

/** Writes a file that is nowhere else, and asks for the session to be deleted; what the dialog names is read first. */
async function deleteWithDraft(person, page, session) {
  await person.untilScreen('manual', /\$/)
  await person.type('manual', 'cat .env; echo draft > draft.txt')
  await person.untilScreen('manual', /^KEY=1$/m)
  await button(page, `Actions for ${session.name}`).click()
  await page.getByRole('menuitem', { name: 'Delete…' }).click()
  await dialog(page).getByRole('button', { name: 'Delete session' }).click()
  await dialog(page).getByRole('alert').getByText('draft.txt').waitFor()
  const keeping = dialog(page).getByRole('button', { name: 'Delete and keep the work' })
  assert.equal(await keeping.getAttribute('aria-disabled'), 'true')
  await dialog(page).getByLabel('Keep it there, and delete the session').check()
  await keeping.click()
}

test('a second session works beside the first, and what only it had is kept and becomes a branch again', async () => {
  const { repository, session: base } = await based()
  const name = freshName('beside')
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn('/')
    const session = await besides(page, base, name)
    assert.deepEqual([session.repoType, session.worktree.base, session.worktree.branch], ['worktree', base.id, `longhouse/${name}`])
    // The header has the branch, before anybody looked at the changes.
    const badge = page.locator(`[data-branch="longhouse/${name}"]`)
    await badge.waitFor()
    assert.match(await badge.getAttribute('aria-label'), /a working tree of its own/)
    person.expectRefusals()
    await deleteWithDraft(person, page, session)
    await page.waitForURL('/')
    await api.refused('GET', `/api/sessions/${session.id}`, 404, 'session.not_found')

    await page.goto(`/sessions/${base.id}?panel=checkpoints`)
    const left = page.getByRole('region', { name: 'Left by deleted sessions' })
    await left.getByText(`longhouse/${name}`).waitFor()
    await left.getByRole('button', { name: 'Make a branch' }).click()
    await page.getByText(`It is on the branch longhouse/${name}-kept now`).waitFor()
    assert.equal(repository.git('show', `longhouse/${name}-kept:draft.txt`), 'draft')
    await left.waitFor({ state: 'detached' })
  })
})

test('a session whose work cannot be kept stays and says why, until its work is given up', async () => {
  const { repository, session: base } = await based()
  // A ref stands where git would make the directory of those to come.
  repository.git('update-ref', 'refs/longhouse/kept', 'HEAD')
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn('/')
    person.expectRefusals()
    const session = await besides(page, base, freshName('stuck'))
    await deleteWithDraft(person, page, session)
    await dialog(page).getByRole('alert').getByText(/not deleted yet.*refs\/longhouse\/kept/).waitFor()
    const shown = (await api.get('/api/sessions')).items.find(({ id }) => id === session.id)
    assert.match(shown.statusReason, /not deleted yet/)
    assert.deepEqual(shown.allowedActions, ['delete'])
    const losing = dialog(page).getByRole('button', { name: 'Delete and lose it' })
    assert.equal(await losing.getAttribute('aria-disabled'), 'true')
    await dialog(page).getByLabel('I do not need this work').check()
    await losing.click()
    await page.waitForURL('/')
    await api.refused('GET', `/api/sessions/${session.id}`, 404, 'session.not_found')
    assert.equal(repository.git('worktree', 'list').split('\n').length, 1)
  })
})
