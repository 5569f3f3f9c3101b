// A session's repository in the page: what changed in it, the commit that takes it, and the history.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { PHONE, withPersonAt } from '../harness/browser.js'
import { openHouse } from '../harness/house.js'
import { Repository } from '../harness/repository.js'
import { PASSWORD } from '../harness/server.js'

const { browser, server, api } = await openHouse()

let repositories = 0

/** A repository with a commit, and a session in it. */
async function working(files = { 'src/main.rs': 'fn main() {\n    println!("one");\n}\n', 'notes.txt': 'first\n' }) {
  repositories += 1
  const repository = new Repository(join(server.home, `work-${repositories}`))
  repository.commit('feat: begin', files)
  const session = await api.session({ multiplexer: 'none', workdir: repository.directory, gitUserName: 'Ada', gitUserEmail: 'ada@example.com' })
  return { repository, session }
}

const head = (page, path) => page.locator(`[data-file-head="${path}"]`)
const part = (page, name) => page.getByRole('group', { name: 'Part of the repository' }).getByRole('button', { name })
const changesOf = (page, path) => page.getByRole('table', { name: `Changes of ${path}` })
const pathOf = (session, panel = 'changes') => `/sessions/${session.id}?panel=${panel}`

test('what changed in a terminal is looked at, chosen, committed and found in the history', async () => {
  const { repository, session } = await working()
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(pathOf(session))
    await page.getByText('Nothing changed').waitFor()
    await api.type(session, 'manual', `sed -i 's/one/two/' src/main.rs; echo second >> notes.txt; echo new > fresh.txt\r`)
    await head(page, 'src/main.rs').click()
    const lines = changesOf(page, 'src/main.rs')
    await lines.getByRole('row').filter({ hasText: '+    println!("two");' }).waitFor()
    // The words that changed are marked, and the language has its colours.
    await lines.locator('.bg-add-strong', { hasText: 'two' }).waitFor()
    await lines.locator('.tok.keyword', { hasText: 'fn' }).waitFor()
    await page.locator(`[data-branch="main"]`).waitFor()

    await page.getByLabel('Commit notes.txt').uncheck()
    await page.getByLabel('Message of the commit').fill('fix: count to two')
    await page.getByRole('button', { name: 'Commit 2 files' }).click()
    await page.getByText(/Committed [0-9a-f]{7}: fix: count to two/).waitFor()
    await head(page, 'src/main.rs').waitFor({ state: 'detached' })
    assert.equal(await page.getByLabel('Message of the commit').inputValue(), '')
    assert.deepEqual(repository.git('show', '--format=%an %s', '--name-only', 'HEAD').split('\n'), ['Ada fix: count to two', '', 'fresh.txt', 'src/main.rs'])
    assert.equal(repository.git('status', '--porcelain'), 'M notes.txt'.padStart(12))

    // Without a message it is made from the change.
    await page.getByRole('button', { name: 'Commit 1 file' }).click()
    await page.getByText('Nothing changed').waitFor()
    assert.notEqual(repository.git('log', '-1', '--format=%s'), '')

    await part(page, 'History').click()
    await page.getByRole('list', { name: 'Commits' }).getByText('fix: count to two').click()
    await changesOf(page, 'src/main.rs').getByText('println!("two");').waitFor()
    const place = new URL(page.url()).searchParams
    assert.equal(place.get('commit'), repository.git('rev-parse', 'HEAD~1'))
    await page.reload()
    await changesOf(page, 'fresh.txt').getByText('new').waitFor()
  })
})

test('a directory without a repository says so, until there is one', async () => {
  const session = await api.session({ multiplexer: 'none' })
  await withPersonAt(browser, server, async (person, page) => {
    person.expectRefusals()
    await person.logIn(pathOf(session))
    await page.getByText('No repository here').waitFor()
    await api.type(session, 'manual', 'git init -q . && echo x > x\r')
    await head(page, 'x').waitFor()
    await part(page, 'History').click()
    await page.getByText('No commits yet').waitFor()
  })
})

test('a conflict is told everywhere, and bars the commit until it is settled', async () => {
  const { repository, session } = await working()
  repository.git('checkout', '--quiet', '-b', 'other')
  repository.commit('feat: other', { 'notes.txt': 'theirs\n' })
  repository.git('checkout', '--quiet', 'main')
  repository.commit('feat: ours', { 'notes.txt': 'ours\n' })
  assert.throws(() => repository.git('merge', 'other'))
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(pathOf(session))
    await page.getByRole('alert').getByText('A merge is under way').waitFor()
    await page.getByRole('button', { name: /Branch main.*a merge is under way.*1 to be settled/ }).waitFor()
    await head(page, 'notes.txt').click()
    await changesOf(page, 'notes.txt').getByText('<<<<<<< HEAD').waitFor()
    const commit = page.getByRole('button', { name: 'Commit all of it' })
    assert.equal(await commit.getAttribute('aria-disabled'), 'true')
    await api.type(session, 'manual', 'echo both > notes.txt; git add notes.txt\r')
    await page.getByText('Nothing is left to be settled').waitFor()
    await page.getByLabel('Message of the commit').fill('merge other')
    await page.keyboard.press('Control+Enter')
    await page.getByText('Nothing changed').waitFor()
    assert.equal(repository.git('log', '-1', '--format=%s %P').split(' ').length, 4)
  })
})

test('a diff of thousands of lines holds only what is near in the page, and can be read to its end', async () => {
  const numbers = (word) => Array.from({ length: 4000 }, (_, index) => `${word} ${index}\n`).join('')
  const { repository, session } = await working({ 'long.txt': numbers('before') })
  repository.write('long.txt', numbers('after'))
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(pathOf(session))
    await head(page, 'long.txt').click()
    await page.getByText('Too many lines to show among others').waitFor()
    await page.getByRole('button', { name: 'Show them' }).click()
    const rows = changesOf(page, 'long.txt').getByRole('row')
    await rows.filter({ hasText: 'before 0' }).first().waitFor()
    assert.ok((await rows.count()) < 1000, `${await rows.count()} rows`)
    await page.locator('[data-scroller]').evaluate((element) => element.scrollTo(0, element.scrollHeight))
    await rows.filter({ hasText: 'after 3999' }).waitFor()
    assert.ok((await rows.count()) < 1000, `${await rows.count()} rows`)
  })
})

test('lines around a change are shown step by step', async () => {
  const numbers = (from, to) => Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join('')
  const { repository, session } = await working({ 'long.txt': numbers(0, 100) })
  repository.write('long.txt', `${numbers(0, 50)}changed\n${numbers(51, 100)}`)
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(pathOf(session))
    await head(page, 'long.txt').click()
    const lines = changesOf(page, 'long.txt')
    await lines.getByText('47 unchanged lines').waitFor()
    await lines.getByRole('button', { name: 'Show 20 lines above' }).click()
    await lines.getByText('27 unchanged lines').waitFor()
    await lines.getByText('line 27', { exact: true }).waitFor()
    await lines.getByRole('button', { name: 'Show all 27 lines' }).click()
    await lines.getByText('line 0', { exact: true }).waitFor()
    assert.equal(await lines.getByText('line 60', { exact: true }).count(), 0)
  })
})

test('who only looks sees the changes and cannot commit them', async () => {
  const { repository, session } = await working()
  repository.write('notes.txt', 'other\n')
  await api.post('/api/users', { username: 'bea', password: PASSWORD, role: 'member' })
  await api.post(`/api/sessions/${session.id}/shares`, { userId: 'bea', access: 'view' })
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(pathOf(session), { username: 'bea' })
    await head(page, 'notes.txt').click()
    await changesOf(page, 'notes.txt').getByText('other').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Commit 1 file' }).getAttribute('aria-disabled'), 'true')
  })
})

test('on a phone and by keys alone', async () => {
  const { repository, session } = await working({ 'a.ts': 'const a = 1\n', 'b.ts': `const b = '${'x'.repeat(300)}'\n` })
  for (const file of ['a.ts', 'b.ts']) repository.write(file, `export ${repository.git('show', `HEAD:${file}`)}\n`)
  await withPersonAt(
    browser,
    server,
    async (person, page) => {
      await person.logIn(pathOf(session))
      await head(page, 'a.ts').focus()
      await page.keyboard.press('Enter')
      await page.keyboard.press('j')
      await page.keyboard.press('Enter')
      await changesOf(page, 'b.ts').getByText('export const').first().waitFor()
      await page.keyboard.press('k')
      assert.equal(await page.evaluate(() => document.activeElement.dataset.fileHead), 'a.ts')
      assert.equal(await person.sideways(), 0, 'nothing is cut off')
    },
    PHONE,
  )
})
