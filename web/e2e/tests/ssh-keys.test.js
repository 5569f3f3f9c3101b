// SSH keys and the name in commits, in the profile; and sessions whose repository is reached with a key.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { freshName } from '../harness/api.js'
import { PHONE, withPersonAt } from '../harness/browser.js'
import { openHouse } from '../harness/house.js'
import { Repository } from '../harness/repository.js'
import { Sshd } from '../harness/sshd.js'

const { browser, server, api } = await openHouse()

test('a key is made, brought along, and deleted, and its private half never comes back', async () => {
  const file = join(server.root, 'laptop')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'hush', '-f', file])
  await withPersonAt(browser, server, async (person, page) => {
    person.expectRefusals()
    await person.logIn('/profile')
    const dialog = page.getByRole('dialog')
    await page.getByRole('button', { name: 'Add an SSH key' }).click()
    await dialog.getByLabel('Name', { exact: true }).fill('made here')
    await dialog.getByRole('button', { name: 'Make the key' }).click()
    await dialog.getByText(/^ssh-ed25519 /).waitFor()
    await dialog.getByRole('button', { name: 'Done' }).click()
    await page.locator('[data-ssh-key="made here"]').waitFor()

    await page.getByRole('button', { name: 'Add an SSH key' }).click()
    await dialog.getByRole('button', { name: 'Bring one along' }).click()
    await dialog.getByLabel('Name', { exact: true }).fill('laptop')
    await dialog.getByLabel('Private key').fill(readFileSync(`${file}.pub`, 'utf8'))
    await dialog.getByRole('button', { name: 'Add the key' }).click()
    await dialog.getByRole('alert').waitFor()
    await dialog.locator('input[type="file"]').setInputFiles(file)
    await dialog.getByLabel('Its passphrase, if it has one').fill('hush')
    await dialog.getByRole('button', { name: 'Add the key' }).click()
    await dialog.getByRole('button', { name: 'Done' }).click()
    const [, blob] = readFileSync(`${file}.pub`, 'utf8').split(' ')
    const kept = await api.get('/api/ssh-keys')
    assert.ok(kept.items.find((key) => key.name === 'laptop').publicKey.includes(blob))
    assert.ok(!JSON.stringify(kept).includes('PRIVATE'))

    await page.getByRole('button', { name: 'Delete laptop' }).click()
    await dialog.getByRole('button', { name: 'Delete key' }).click()
    await page.locator('[data-ssh-key="laptop"]').waitFor({ state: 'detached' })
  })
})

test('the name in commits is kept, and sessions take it over', async () => {
  await withPersonAt(
    browser,
    server,
    async (person, page) => {
      await person.logIn('/profile')
      await page.getByLabel('Name in commits').fill('Ada')
      await page.getByLabel('E-mail in commits').fill('ada@example.com')
      await page.getByRole('button', { name: 'Save', exact: true }).click()
      await page.getByText('Your name in commits is saved').waitFor()
      assert.deepEqual(await api.get('/api/git-config'), { userName: 'Ada', userEmail: 'ada@example.com' })
      assert.equal(await person.sideways(), 0, 'nothing is cut off')
      const session = await api.session({ multiplexer: 'none' })
      assert.equal(session.gitUserName, 'Ada')
    },
    PHONE,
  )
})

/** Begins a session from a repository in the form, as far as the choice of its key. */
async function beginFrom(page, url) {
  await page.goto('/new')
  await page.getByLabel('Name', { exact: true }).fill(freshName('keyed'))
  await page.getByRole('button', { name: /^Repository/ }).click()
  await page.getByLabel('Address (optional)').fill(url)
  return page.getByLabel('SSH key')
}

const createSession = async (page) => {
  await page.getByRole('button', { name: 'Create session' }).click()
  await page.waitForURL(/\/sessions\/[0-9a-f-]{36}/)
  const id = /[0-9a-f-]{36}/.exec(page.url())[0]
  server.remember(id)
  return id
}

test('a key that is made for a session opens its repository once the host knows it, and a host with another key is not spoken to', async () => {
  const repository = new Repository(join(server.home, 'keyed'))
  repository.commit('feat: begin', { readme: 'hello\n' })
  const sshd = await Sshd.open(join(server.root, 'sshd'))
  try {
    await withPersonAt(browser, server, async (person, page) => {
      await person.logIn('/')
      const key = await beginFrom(page, sshd.url(repository.directory))
      await key.selectOption({ label: 'A new one for this session' })
      const id = await createSession(page)
      const shown = await page.locator('code', { hasText: /^ssh-ed25519 / }).first().textContent()
      sshd.authorize(shown)
      await page.getByRole('button', { name: 'Try again' }).click()
      await person.untilScreen('manual', /\$/)
      await person.type('manual', 'cat readme')
      await person.untilScreen('manual', /^hello$/m)

      const other = sshd.changeHostKey()
      person.expectRefusals()
      await page.goto(`/sessions/${id}?panel=changes`)
      await page.getByRole('button', { name: 'Pull', exact: true }).click()
      await page.getByText(`${sshd.host} showed another SSH key`).waitFor()
      await page.getByRole('button', { name: 'Try again' }).waitFor()
      await page.goto('/profile')
      const host = page.locator(`[data-known-host="${sshd.host}"]`)
      await host.getByRole('alert').getByText(other).waitFor()
      await page.getByRole('button', { name: `Forget ${sshd.host}` }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Forget the host' }).click()
      await host.waitFor({ state: 'detached' })
      await page.goto(`/sessions/${id}?panel=changes`)
      await page.getByRole('button', { name: 'Pull', exact: true }).click()
      await page.getByText('Pulled:').waitFor()
    })
  } finally {
    await sshd.close()
  }
})

test('the form offers the keys that are kept, and one that is pasted, also on a phone', async () => {
  const key = await api.post('/api/ssh-keys', { name: 'forge', generate: true })
  await withPersonAt(
    browser,
    server,
    async (person, page) => {
      await person.logIn('/')
      const choice = await beginFrom(page, 'git@git.example.org:a/b.git')
      await choice.selectOption({ label: 'forge' })
      assert.equal(await choice.inputValue(), key.id)
      await choice.selectOption('pasted')
      await page.getByRole('button', { name: 'Create session' }).click()
      await page.getByText('Paste the private key, or choose another way.').waitFor()
      await page.getByLabel('Private key').fill('PRIVATE')
      assert.equal(await person.sideways(), 0, 'nothing is cut off')
      await page.reload()
      assert.ok(!(await page.evaluate(() => JSON.stringify(localStorage))).includes('PRIVATE'), 'what is pasted is not kept')
    },
    PHONE,
  )
})

test('a git token is kept for a place, with what is wrong said by the field, and never shown again', async () => {
  await withPersonAt(browser, server, async (person, page) => {
    person.expectRefusals()
    await person.logIn('/profile')
    const dialog = page.getByRole('dialog')
    await page.getByRole('button', { name: 'Add a git token' }).click()
    await dialog.getByLabel('Host', { exact: true }).fill('https://git.example.org/')
    await dialog.getByLabel('Token', { exact: true }).fill('hush-hush')
    await dialog.getByRole('button', { name: 'Add the token' }).click()
    await dialog.getByRole('alert').waitFor()
    await dialog.getByLabel('Host', { exact: true }).fill('git.example.org')
    await dialog.getByLabel('Path (optional)').fill('team')
    await dialog.getByRole('button', { name: 'Add the token' }).click()
    const row = page.locator('[data-git-token="git.example.org/team"]')
    await row.getByText('as git · never used').waitFor()
    assert.ok(!(await page.content()).includes('hush-hush'))
    const kept = await api.get('/api/git-tokens')
    assert.deepEqual(kept.items.map(({ host, path, username }) => [host, path, username]), [['git.example.org', 'team', 'git']])
    await row.getByRole('button', { name: /^Delete the token/ }).click()
    await dialog.getByRole('button', { name: 'Delete token' }).click()
    await row.waitFor({ state: 'detached' })
    assert.deepEqual((await api.get('/api/git-tokens')).items, [])
  })
})
