// What one has a repository do from the page: exchange with another one, go from branch to branch, put changes away, join, discard.
import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { PHONE, withPersonAt } from '../harness/browser.js'
import { openHouse } from '../harness/house.js'
import { Repository } from '../harness/repository.js'

const { browser, server, api } = await openHouse({ env: { LONGHOUSE_GIT_PROTOCOLS: 'https:ssh:file' } })

let repositories = 0

/** A repository that came from another one, which has a branch more, and a session in it; `elsewhere` is somebody else's. */
async function cloned() {
  repositories += 1
  const place = (name) => join(server.home, `${name}-${repositories}`)
  const elsewhere = new Repository(place('elsewhere'))
  elsewhere.commit('feat: begin', { 'notes.txt': 'first\n' })
  elsewhere.git('branch', 'theirs')
  const bare = place('bare')
  elsewhere.git('clone', '--quiet', '--bare', elsewhere.directory, bare)
  elsewhere.git('remote', 'add', 'origin', bare)
  const own = new Repository(place('own'))
  own.git('remote', 'add', 'origin', `file://${bare}`)
  own.git('fetch', '--quiet')
  own.git('checkout', '--quiet', '-B', 'main', '--track', 'origin/main')
  const session = await api.session({ multiplexer: 'none', workdir: own.directory, gitUserName: 'Ada', gitUserEmail: 'ada@example.com' })
  const atForge = (...words) => own.git(`--git-dir=${bare}`, ...words)
  return { own, elsewhere, bare, session, atForge }
}

const pathOf = (session) => `/sessions/${session.id}?panel=changes`
const button = (page, name) => page.getByRole('button', { name, exact: true })
const alert = (page) => page.getByRole('alert')
const dialog = (page) => page.getByRole('dialog')

test('commits are pushed and pulled, and what diverged is brought together on request', async () => {
  const { own, elsewhere, session, atForge } = await cloned()
  own.commit('feat: ours', { 'ours.txt': 'ours\n' })
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(pathOf(session))
    await button(page, 'Push 1').click()
    await page.getByText('Pushed main').waitFor()
    await button(page, 'Push').waitFor()
    assert.equal(atForge('log', '-1', '--format=%s', 'main'), 'feat: ours')

    elsewhere.git('pull', '--quiet', 'origin', 'main')
    elsewhere.commit('feat: theirs', { 'theirs.txt': 'theirs\n' })
    elsewhere.git('push', '--quiet', 'origin', 'main')
    await page.getByRole('button', { name: 'More about the branch' }).click()
    await page.getByRole('menuitem', { name: 'Fetch' }).click()
    await page.getByText('Fetched: 1 new on origin/main').waitFor()
    await button(page, 'Pull 1').click()
    await page.getByText('Pulled: main is as the other repository has it').waitFor()
    assert.equal(own.git('log', '-1', '--format=%s'), 'feat: theirs')

    elsewhere.commit('feat: more of theirs', { 'more.txt': 'theirs\n' })
    elsewhere.git('push', '--quiet', 'origin', 'main')
    own.commit('feat: more of ours', { 'own.txt': 'ours\n' })
    person.expectRefusals()
    await button(page, 'Push 1').click()
    await alert(page).getByText('nothing is ever forced').waitFor()
    await button(page, 'Pull with rebase, then push').click()
    await page.getByText('Pushed main').waitFor()
    assert.deepEqual(atForge('log', '-2', '--format=%s', 'main').split('\n'), ['feat: more of ours', 'feat: more of theirs'])
    await alert(page).waitFor({ state: 'detached' })
  })
})

test('from a protected branch the way leads to one of its own', async () => {
  const { own, bare, session, atForge } = await cloned()
  own.commit('feat: ours', { 'ours.txt': 'ours\n' })
  const hook = join(bare, 'hooks/update')
  writeFileSync(hook, '#!/bin/sh\n[ "$1" != refs/heads/main ] || { echo "GH006: protected branch"; exit 1; }\n')
  chmodSync(hook, 0o755)
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(pathOf(session))
    person.expectRefusals()
    await button(page, 'Push 1').click()
    await alert(page).getByText('protected over there').waitFor()
    await button(page, 'Push from a branch of its own…').click()
    await dialog(page).getByLabel('Name of the branch').fill('ours/proposal')
    await button(page, 'Make and push it').click()
    await page.getByText('Pushed ours/proposal').waitFor()
    assert.equal(atForge('log', '-1', '--format=%s', 'ours/proposal'), 'feat: ours')
  })
})

test('branches are begun and gone over to, and changes in the way are put away and taken back', async () => {
  const { own, session } = await cloned()
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(pathOf(session))
    await page.getByRole('button', { name: 'Branch main. Go over to another one' }).click()
    await dialog(page).getByLabel('Find a branch').fill('fix/two words')
    await dialog(page).getByRole('alert').getByText('A branch has no blanks').waitFor()
    await dialog(page).getByLabel('Find a branch').fill('fix/notes')
    await page.keyboard.press('Enter')
    await page.locator('[data-branch="fix/notes"]').waitFor()
    own.commit('fix: notes', { 'notes.txt': 'second\n' })

    own.write('notes.txt', 'third\n')
    await page.getByRole('button', { name: 'Branch fix/notes. Go over to another one' }).click()
    person.expectRefusals()
    await dialog(page).locator('[data-branch-row="theirs"]').click()
    await alert(page).getByText('would be overwritten').waitFor()
    await button(page, 'Put the changes away and try again').click()
    await page.locator('[data-branch="theirs"]').waitFor()
    await page.getByText('follows origin/theirs').waitFor()
    assert.equal(readFileSync(join(own.directory, 'notes.txt'), 'utf8'), 'first\n')

    await page.getByRole('button', { name: 'Branch theirs. Go over to another one' }).click()
    await dialog(page).locator('[data-branch-row="fix/notes"]').click()
    await page.locator('[data-branch="fix/notes"]').waitFor()
    await button(page, '1 put away').click()
    await dialog(page).getByText('before: switch').waitFor()
    await button(page, 'Take back').click()
    await page.locator('[data-file-head="notes.txt"]').waitFor()
    assert.equal(readFileSync(join(own.directory, 'notes.txt'), 'utf8'), 'third\n')
  })
})

test('branches are renamed and deleted, and commits that are nowhere else are asked about', async () => {
  const { own, session } = await cloned()
  own.git('branch', 'spent')
  own.git('checkout', '--quiet', '-b', 'side')
  own.commit('feat: alone', { 'alone.txt': 'alone\n' })
  own.git('checkout', '--quiet', 'main')
  const branches = () => own.git('branch', '--format=%(refname:short)').split('\n')
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(pathOf(session))
    const choose = async (branch, what) => {
      await page.getByRole('button', { name: 'Branch main. Go over to another one' }).click()
      await button(dialog(page), `More about ${branch}`).click()
      await page.getByRole('menuitem', { name: what }).click()
    }
    await choose('side', 'Rename…')
    await dialog(page).getByLabel('New name').fill('spent')
    await dialog(page).getByRole('alert').getByText('There is a branch of that name.').waitFor()
    await dialog(page).getByLabel('New name').fill('alone')
    await button(dialog(page), 'Rename').click()
    await page.getByText('side is called alone now').waitFor()
    assert.deepEqual(branches(), ['alone', 'main', 'spent'])

    await choose('spent', 'Delete')
    await page.getByText('spent is deleted').waitFor()
    await choose('alone', 'Delete')
    await alert(page).getByText('alone holds commits').waitFor()
    assert.deepEqual(branches(), ['alone', 'main'])
    await button(page, 'Delete it with its commits').click()
    await page.getByText('alone is deleted').waitFor()
    assert.deepEqual(branches(), ['main'])
    await alert(page).waitFor({ state: 'detached' })
  })
})

test('a merge that stops is settled and continued, and another one aborted', async () => {
  const { own, session } = await cloned()
  own.git('checkout', '--quiet', '-b', 'other')
  own.commit('feat: other', { 'notes.txt': 'theirs\n' })
  own.git('checkout', '--quiet', 'main')
  own.commit('feat: ours', { 'notes.txt': 'ours\n' })
  const merge = async (page) => {
    await page.getByRole('button', { name: 'Branch main. Go over to another one' }).click()
    await dialog(page).getByRole('button', { name: 'More about other' }).click()
    await page.getByRole('menuitem', { name: 'Merge it into main' }).click()
    await alert(page).getByText('A merge is under way').waitFor()
  }
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(pathOf(session))
    person.expectRefusals()
    await merge(page)
    await button(page, 'Abort the merge').click()
    await dialog(page).getByRole('button', { name: 'Abort the merge' }).click()
    await page.getByText('Nothing changed').waitFor()
    assert.equal(own.git('log', '-1', '--format=%s'), 'feat: ours')

    await merge(page)
    assert.equal(await button(page, 'Continue the merge').getAttribute('aria-disabled'), 'true')
    own.write('notes.txt', 'both\n')
    await page.locator('[data-file-head="notes.txt"]').hover()
    await button(page, 'Mark notes.txt as settled').click()
    await page.getByText('Nothing is left to be settled').waitFor()
    await button(page, 'Continue the merge').click()
    await page.getByText('Nothing changed').waitFor()
    assert.equal(own.git('log', '-1', '--format=%P').split(' ').length, 2)
  })
})

test('files are staged and unstaged', async () => {
  const { own, session } = await cloned()
  own.write('notes.txt', 'second\n')
  own.write('new.txt', 'new\n')
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(pathOf(session))
    await page.locator('[data-file-head="new.txt"]').hover()
    await button(page, 'Stage new.txt').click()
    await page.locator('[data-group="staged"] [data-file-head="new.txt"]').waitFor()
    await button(page, 'Stage all of “Changed”').click()
    await page.locator('[data-group="staged"] [data-file-head="notes.txt"]').waitFor()
    assert.equal(own.git('status', '--porcelain'), 'A  new.txt\nM  notes.txt')
    await button(page, 'Unstage all of “Staged”').click()
    await page.locator('[data-group="untracked"] [data-file-head="new.txt"]').waitFor()
    assert.equal(own.git('diff', '--cached', '--name-only'), '')
  })
})

test('changes are discarded after a question, and brought back; what no checkpoint holds is asked about twice', async () => {
  const { own, session } = await cloned()
  const read = (path) => readFileSync(join(own.directory, path), 'utf8')
  own.write('notes.txt', 'second\n')
  own.write('new.txt', 'new\n')
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(pathOf(session))
    await button(page, 'Discard all of “Changed”').click()
    await dialog(page).getByText('notes.txt').waitFor()
    await button(page, 'Discard').click()
    await page.getByText('Discarded the changes of 1 file').waitFor()
    assert.equal(read('notes.txt'), 'first\n')
    await page.locator('[data-file-head="new.txt"]').hover()
    await button(page, 'Discard new.txt').click()
    await button(page, 'Discard').click()
    await page.getByText('Nothing changed').waitFor()
    assert.ok(!existsSync(join(own.directory, 'new.txt')))
    await button(page, 'Undo').last().click()
    await page.locator('[data-file-head="new.txt"]').waitFor()
    assert.equal(read('new.txt'), 'new\n')
    assert.equal(read('notes.txt'), 'first\n', 'nothing else came back')

    own.write('.env', 'TOKEN=one\n')
    await page.locator('[data-file-head=".env"]').waitFor()
    await button(page, 'Discard all of “New”').click()
    await button(page, 'Discard').click()
    await dialog(page).getByRole('alert').getByText('.env').waitFor()
    assert.equal(read('.env'), 'TOKEN=one\n')
    await button(page, 'Discard for good').click()
    await page.getByText('Nothing changed').waitFor()
    assert.ok(!existsSync(join(own.directory, '.env')))
  })
})

test('on a phone nothing is cut off', async () => {
  const { own, session } = await cloned()
  own.git('checkout', '--quiet', '-b', `a-branch-with-a-name-that-${'goes-on-and-on-'.repeat(8)}`)
  own.write('notes.txt', 'second\n')
  await withPersonAt(
    browser,
    server,
    async (person, page) => {
      await person.logIn(pathOf(session))
      await page.locator('[data-file-head="notes.txt"]').waitFor()
      assert.equal(await person.sideways(), 0)
      await page.getByRole('button', { name: /Go over to another one/ }).click()
      await dialog(page).locator('[data-branch-row="theirs"]').waitFor()
      assert.equal(await person.sideways(), 0)
    },
    PHONE,
  )
})
