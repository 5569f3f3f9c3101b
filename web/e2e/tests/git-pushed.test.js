// Commits that push themselves, as the page shows it: switched on, waiting for a host that is away, and stopped by changes that do not go together.
import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { withPersonAt } from '../harness/browser.js'
import { openHouse } from '../harness/house.js'
import { Repository } from '../harness/repository.js'
import { waitFor } from '../harness/wait.js'

const { browser, server, api } = await openHouse({ env: { LONGHOUSE_GIT_PROTOCOLS: 'https:ssh:file' } })

const button = (page, name) => page.getByRole('button', { name, exact: true })
const dialog = (page) => page.getByRole('dialog')

test('commits are pushed once that is switched on, wait while the host is away, and for a person where changes do not go together', async () => {
  const theirs = new Repository(join(server.home, 'theirs'))
  theirs.commit('feat: begin', { 'notes.txt': 'first\n' })
  const bare = join(server.home, 'bare.git')
  theirs.git('clone', '--quiet', '--bare', theirs.directory, bare)
  const subject = () => theirs.git(`--git-dir=${bare}`, 'log', '-1', '--format=%s', 'main')
  const session = await api.session({ multiplexer: 'none', repoUrl: `file://${bare}`, gitUserName: 'Ada', gitUserEmail: 'ada@example.com' })
  const write = (content) => api.type(session, 'manual', `echo ${content} > notes.txt\r`)
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(`/sessions/${session.id}?panel=changes`)
    await button(page, 'What is committed by itself').click()
    await dialog(page).getByRole('radio', { name: /^Commits/ }).check()
    await dialog(page).getByLabel('After so many quiet seconds').fill('1')
    await dialog(page).getByLabel('Shape of the messages').fill('kept: {subject}')
    await dialog(page).getByRole('switch', { name: 'Push each commit' }).click()
    await dialog(page).getByLabel('Branches that are not pushed to').fill('release/*')
    await button(page, 'Save').click()
    await page.getByText('The settings hold from now on').waitFor()
    const kept = await api.get(`/api/sessions/${session.id}/git/autocommit`)
    assert.deepEqual([kept.settings.push, kept.settings.protectedBranches], [true, ['release/*']])
    await write('second')
    await waitFor('the commit over there', () => subject().startsWith('kept: '))
    await page.getByText('Everything is pushed').waitFor()

    renameSync(bare, `${bare}.away`)
    await write('third')
    await page.getByRole('alert').getByText(/^The push waits: /).waitFor()
    renameSync(`${bare}.away`, bare)
    await waitFor('it to be pushed later', () => theirs.git(`--git-dir=${bare}`, 'show', 'main:notes.txt') === 'third', { deadline: 90_000 })
    await page.getByText('Everything is pushed').waitFor()

    theirs.git('remote', 'add', 'origin', bare)
    theirs.git('pull', '--quiet', 'origin', 'main')
    theirs.commit('feat: theirs', { 'notes.txt': 'theirs\n' })
    theirs.git('push', '--quiet', 'origin', 'main')
    await write('fourth')
    const waits = page.getByRole('alert').filter({ hasText: 'changes over there do not go together with yours' })
    await waits.getByText('notes.txt').waitFor()
    assert.equal(subject(), 'feat: theirs', 'nothing is forced')
  })
})

test('a session that began without a repository has nowhere to push to, and says so', async () => {
  const own = new Repository(join(server.home, 'own'))
  own.commit('feat: begin', { 'notes.txt': 'first\n' })
  const session = await api.session({ multiplexer: 'none', workdir: own.directory })
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(`/sessions/${session.id}?panel=changes`)
    await button(page, 'What is committed by itself').click()
    await dialog(page).getByRole('radio', { name: /^Commits/ }).check()
    await dialog(page).getByText('began without a repository').waitFor()
    assert.ok(await dialog(page).getByRole('switch', { name: 'Push each commit' }).isDisabled())
  })
})
