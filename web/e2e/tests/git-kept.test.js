// Work that keeps itself, as the page shows it: checkpoints to look at and to bring back, commits that make themselves, what was refused, and
// what would be lost with a session.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { freshName } from '../harness/api.js'
import { PHONE, withPersonAt } from '../harness/browser.js'
import { openHouse } from '../harness/house.js'
import { Repository } from '../harness/repository.js'
import { PASSWORD } from '../harness/server.js'
import { waitFor } from '../harness/wait.js'

const { browser, server, api } = await openHouse({ env: { LONGHOUSE_GIT_PROTOCOLS: 'https:ssh:file' } })

let repositories = 0

/** A repository with a commit, and a session in it. */
async function working(fields = {}) {
  repositories += 1
  const repository = new Repository(join(server.home, `work-${repositories}`))
  repository.commit('feat: begin', { 'notes.txt': 'first\n', 'other.txt': 'first\n' })
  const session = await api.session({ multiplexer: 'none', workdir: repository.directory, gitUserName: 'Ada', gitUserEmail: 'ada@example.com', ...fields })
  const read = (path) => readFileSync(join(repository.directory, path), 'utf8')
  return { repository, session, read }
}

const pathOf = (session, panel = 'changes') => `/sessions/${session.id}?panel=${panel}`
const button = (page, name) => page.getByRole('button', { name, exact: true })
const dialog = (page) => page.getByRole('dialog')
const checkpoint = (page, number) => page.locator(`[data-checkpoint="${number}"]`)

test('a checkpoint is made, looked at, and brought back, as a whole and file by file', async () => {
  const { repository, session, read } = await working()
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(pathOf(session, 'checkpoints'))
    await page.getByText('No checkpoints yet').waitFor()
    for (const [path, content] of [['notes.txt', 'second\n'], ['other.txt', 'second\n'], ['new.txt', 'new\n']]) repository.write(path, content)
    await button(page, 'Checkpoint now').click()
    await page.getByText('Checkpoint 1 is made').waitFor()
    await button(page, 'Checkpoint now').click()
    await page.getByText('Nothing changed since checkpoint 1').waitFor()
    assert.equal(repository.git('status', '--porcelain').split('\n').length, 3, 'it touches nothing')

    repository.git('checkout', '--quiet', '--', '.')
    rmSync(join(repository.directory, 'new.txt'))
    repository.write('late.txt', 'late\n')
    await checkpoint(page, 1).click()
    await page.getByRole('table', { name: 'Changes of new.txt' }).getByText('new').waitFor()
    const place = new URL(page.url()).searchParams
    assert.match(place.get('commit'), /^[0-9a-f]{40}$/)
    await page.locator('[data-file-head="notes.txt"]').hover()
    await button(page, 'Bring notes.txt back').click()
    await page.getByText('notes.txt brought back').waitFor()
    assert.equal(read('notes.txt'), 'second\n')
    assert.equal(read('other.txt'), 'first\n')

    await button(page, 'Bring everything back…').click()
    await dialog(page).getByRole('button', { name: 'Bring it back' }).click()
    await page.getByText('3 files brought back').waitFor()
    assert.deepEqual([read('other.txt'), read('new.txt'), existsSync(join(repository.directory, 'late.txt'))], ['second\n', 'new\n', false])
    await button(page, 'Undo').last().click()
    await waitFor('what was there before', () => existsSync(join(repository.directory, 'late.txt')) && !existsSync(join(repository.directory, 'new.txt')))
    assert.equal(read('other.txt'), 'first\n')
    assert.equal(read('notes.txt'), 'second\n')
  })
})

test('commits make themselves once they are switched on, and what is refused is told', async () => {
  const { repository, session } = await working()
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(pathOf(session))
    await page.getByText('Nothing is committed by itself').waitFor()
    await button(page, 'What is committed by itself').click()
    await dialog(page).getByRole('radio', { name: /^Commits/ }).check()
    await dialog(page).getByLabel('After so many quiet seconds').fill('0')
    await dialog(page).getByRole('alert').getByText('at least 1').waitFor()
    await dialog(page).getByLabel('After so many quiet seconds').fill('1')
    await dialog(page).getByLabel('Left out').fill('*.log\n')
    await dialog(page).getByLabel('Shape of the messages').fill('kept: {subject}')
    await button(page, 'Save').click()
    await page.getByText('Commits make themselves').waitFor()
    const kept = await api.get(`/api/sessions/${session.id}/git/autocommit`)
    assert.deepEqual([kept.settings.mode, kept.settings.debounceSeconds, kept.settings.ignore], ['commit', 1, ['*.log']])

    repository.write('notes.txt', 'second\n')
    repository.write('run.log', 'noise\n')
    repository.write('.env', 'TOKEN=one\n')
    await page.getByRole('alert').getByText('.env').first().waitFor()
    await person.until('it to be left out of the next commit', async () => !(await page.getByLabel('Commit .env').isChecked()))
    await page.locator('[data-file-head="notes.txt"]').waitFor({ state: 'detached' })
    await waitFor('the commit', () => repository.git('log', '-1', '--format=%s').startsWith('kept: '))
    assert.deepEqual(repository.git('show', '--format=', '--name-only', 'HEAD'), 'notes.txt')
    await page.getByText(/Commits make themselves · last/).waitFor()

    repository.write('other.txt', 'second\n')
    repository.git('add', 'other.txt')
    await page.locator('[data-auto-commit="commit"]').getByText('Commits wait').waitFor()
  })
})

test('what waits is kept now, and with checkpoints only nothing is committed', async () => {
  const { repository, session } = await working({ autoCommit: { mode: 'commit', debounceSeconds: 3600, intervalSeconds: 3600 } })
  const head = repository.git('rev-parse', 'HEAD')
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(pathOf(session))
    repository.write('notes.txt', 'second\n')
    await page.getByText('The next commit comes after 1 h').waitFor()
    await button(page, 'Keep it now').click()
    await page.getByText(/Committed [0-9a-f]{7}:/).waitFor()
    assert.equal(repository.git('rev-parse', 'HEAD~1'), head)
    await api.patch(`/api/sessions/${session.id}/git/autocommit`, { mode: 'checkpoint', debounceSeconds: 1 })
    repository.write('notes.txt', 'third\n')
    await page.getByRole('button', { name: 'Checkpoints', exact: true }).click()
    await checkpoint(page, 1).waitFor()
    assert.equal(repository.git('rev-parse', 'HEAD~1'), head)
  })
})

test('who only looks sees checkpoints and settings, and changes neither', async () => {
  const { repository, session } = await working()
  repository.write('notes.txt', 'second\n')
  await api.post(`/api/sessions/${session.id}/git/checkpoints`)
  const username = freshName('person')
  await api.post('/api/users', { username, password: PASSWORD, role: 'member' })
  await api.post(`/api/sessions/${session.id}/shares`, { userId: username, access: 'view' })
  await withPersonAt(
    browser,
    server,
    async (person, page) => {
      await person.logIn(pathOf(session, 'checkpoints'), { username })
      await checkpoint(page, 1).click()
      await page.locator('[data-file-head="notes.txt"]').waitFor()
      for (const name of ['Checkpoint now', 'Bring everything back…', 'Bring notes.txt back', 'What is committed by itself']) {
        assert.equal(await button(page, name).getAttribute('aria-disabled'), 'true', name)
      }
      assert.equal(await person.sideways(), 0, 'nothing is cut off')
    },
    PHONE,
  )
})

test('a session with unsaved work is deleted only by who has read what would be lost', async () => {
  const forge = new Repository(join(server.home, 'forge'))
  forge.commit('feat: begin', { 'notes.txt': 'first\n' })
  const session = await api.session({ multiplexer: 'none', repoUrl: `file://${forge.directory}`, gitUserName: 'Ada', gitUserEmail: 'ada@example.com' })
  await api.type(session, 'manual', 'echo x > kept.txt; git add .; git commit -qm "feat: never pushed"; echo second > notes.txt; echo new > "new file.txt"\r')
  await waitFor('the commit and the files', async () => (await api.get(`/api/sessions/${session.id}/git/status`)).files.length === 2)
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(`/sessions/${session.id}`)
    person.expectRefusals()
    await button(page, `Actions for ${session.name}`).click()
    await page.getByRole('menuitem', { name: 'Delete…' }).click()
    await dialog(page).getByRole('button', { name: 'Delete session' }).click()
    const lost = dialog(page).getByRole('alert')
    for (const text of ['notes.txt', 'new file.txt', 'feat: never pushed']) await lost.getByText(text).waitFor()
    assert.equal((await api.get(`/api/sessions/${session.id}`)).status, 'running')
    const force = dialog(page).getByRole('button', { name: 'Delete and lose it' })
    assert.equal(await force.getAttribute('aria-disabled'), 'true')
    await dialog(page).getByLabel('I do not need this work').check()
    await force.click()
    await page.waitForURL('/')
    await api.refused('GET', `/api/sessions/${session.id}`, 404, 'session.not_found')
  })
})
