// SSH keys and the name in commits, in the profile.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { PHONE, withPersonAt } from '../harness/browser.js'
import { openHouse } from '../harness/house.js'

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
