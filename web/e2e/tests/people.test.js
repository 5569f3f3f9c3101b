// Several people in one house, as they meet it in their browsers: accounts, sharing, tokens, logins, and what the audit tells.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { freshName } from '../harness/api.js'
import { PHONE, withPersonAt } from '../harness/browser.js'
import { openHouse } from '../harness/house.js'
import { withServer } from '../harness/server.js'
import { waitFor } from '../harness/wait.js'

const { browser, server, api } = await openHouse()

const withPerson = (use, options = {}, at = server) => withPersonAt(browser, at, use, options)
const card = (page, name) => page.locator(`[data-session="${name}"]`)
const dialog = (page) => page.getByRole('dialog')

/** Somebody with an account, made over the API. */
async function resident(fields = {}) {
  const who = { username: freshName('person'), password: 'seven lanterns over the fjord' }
  const user = await api.post('/api/users', { ...who, role: 'member', permissions: [], ...fields })
  return { ...who, id: user.id }
}

async function actOn(page, username, act) {
  await page.getByRole('button', { name: `Actions for ${username}` }).click()
  await page.getByRole('menuitem', { name: act }).click()
}

async function share(page, username, access) {
  await page.getByRole('button', { name: 'Share', exact: true }).click()
  await dialog(page).getByLabel('What they may do').selectOption({ label: access })
  await dialog(page).getByLabel('Share with').fill(username.slice(0, -1))
  await dialog(page).getByRole('option', { name: username }).click()
  await dialog(page).locator(`[data-person="${username}"]`).waitFor()
}

test('a new person is made in the page, may look, then drive, then neither', async () => {
  const session = await api.session()
  const username = freshName('mira')
  await withPerson(async (admin, page) => {
    await admin.logIn('/admin/users')
    await page.getByRole('button', { name: 'New person' }).click()
    await dialog(page).getByLabel('User name').fill(username)
    await dialog(page).getByRole('button', { name: 'Create person' }).click()
    await dialog(page).getByText('can log in now').waitFor()
    const password = await dialog(page).locator('[data-secret]').innerText()
    await dialog(page).getByRole('button', { name: 'Done' }).click()
    await page.locator(`[data-user="${username}"]`).waitFor()

    await withPerson(async (mira, theirs) => {
      await mira.logIn('/', { username, password })
      await theirs.getByRole('heading', { name: 'Nothing is shared with you yet' }).waitFor()
      await theirs.locator('[data-live="live"]').first().waitFor()

      await page.goto(`/sessions/${session.id}`)
      await admin.untilScreen('agent', /\$/)
      await share(page, username, 'Can look')
      await card(theirs, session.name).locator('[data-sharing="view"]').waitFor()
      await card(theirs, session.name).getByRole('link').first().click()
      await mira.untilScreen('agent', /\$/)
      await mira.pane('agent').getByText('watching', { exact: true }).waitFor()
      assert.equal(await theirs.getByRole('button', { name: 'Stop', exact: true }).getAttribute('title'), 'You may only look: admin owns this session')
      assert.equal(await theirs.getByRole('button', { name: 'Share', exact: true }).count(), 0)
      await mira.type('agent', 'echo typed too early')
      await mira.pane('agent').getByText('You are watching').waitFor()
      await api.type(session, 'agent', 'echo the owner types\r')
      await mira.untilScreen('agent', /^the owner types$/m)
      assert.doesNotMatch(await mira.screen('agent'), /too early/, 'what a viewer types goes nowhere')
      await admin.until('both to be shown', () => admin.pane('agent').getByLabel('2 people are looking').isVisible())

      await dialog(page).getByLabel(`What ${username} may do`).selectOption({ label: 'Can drive' })
      await mira.pane('agent').getByText('watching', { exact: true }).waitFor({ state: 'detached' })
      await mira.untilScreen('agent', /^the owner types$/m)
      await mira.type('agent', 'echo typed by mira')
      await admin.untilScreen('agent', /^typed by mira$/m)

      mira.expectRefusals()
      await dialog(page).getByRole('button', { name: `Stop sharing with ${username}` }).click()
      await theirs.getByRole('heading', { name: `“${session.name}” is no longer open to you` }).waitFor()
      await theirs.getByRole('main').getByRole('link', { name: 'To the sessions' }).click()
      await theirs.getByRole('heading', { name: 'Nothing is shared with you yet' }).waitFor()
      await theirs.goto(`/sessions/${session.id}`)
      await theirs.getByRole('heading', { name: 'Nobody lives at this address' }).waitFor()
    })
  })
})

test('a terminal that appears late takes the keyboard from nobody who writes', async () => {
  const session = await api.session()
  const who = await resident()
  await withPerson(async (person, page) => {
    let release
    const released = new Promise((resolve) => (release = resolve))
    await page.route('**/assets/TerminalPane-*.js', async (route) => {
      await released
      await route.continue()
    })
    await person.logIn('/')
    await page.goto(`/sessions/${session.id}`)
    await page.getByRole('button', { name: 'Share', exact: true }).click()
    await dialog(page).getByLabel('Share with').fill(who.username)
    await dialog(page).getByRole('option', { name: who.username }).waitFor()
    release()
    await person.untilScreen('agent', /\$/)
    assert.equal(await dialog(page).getByLabel('Share with').evaluate((field) => field === document.activeElement), true)
    await page.keyboard.press('Enter')
    await dialog(page).locator(`[data-person="${who.username}"]`).waitFor()
    assert.doesNotMatch(await person.screen('agent'), /person/, 'and nothing of it went into the terminal')

    await dialog(page).getByRole('button', { name: 'Close' }).click()
    await page.reload()
    await person.untilScreen('agent', /\$/)
    await page.keyboard.type('echo typed at once')
    await page.keyboard.press('Enter')
    await person.untilScreen('agent', /^typed at once$/m)
  })
})

test('a token made in the page works within its scope, until it is deleted there', async () => {
  await withPerson(async (person, page) => {
    const name = freshName('token')
    await person.logIn('/profile')
    await page.getByRole('button', { name: 'New token' }).click()
    await dialog(page).getByLabel('Name').fill(name)
    await dialog(page).getByRole('button', { name: 'Create token' }).click()
    const token = await dialog(page).locator('[data-secret]').innerText()
    await dialog(page).getByRole('button', { name: 'Done' }).click()
    const ask = async (method, path, body) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      return (await fetch(`${server.url}${path}`, { method, headers, body })).status
    }
    assert.equal(await ask('GET', '/api/sessions'), 200)
    assert.equal(await ask('POST', '/api/sessions', JSON.stringify({ name: freshName(), agent: 'shell' })), 403, 'it may only look')
    assert.doesNotMatch(await page.locator('body').innerText(), new RegExp(token), 'it is shown once')
    await page.reload()
    await page.locator(`[data-token="${name}"]`).getByText(/used/).waitFor()
    await page.getByRole('button', { name: `Delete ${name}` }).click()
    await dialog(page).getByRole('button', { name: 'Delete token' }).click()
    await page.locator(`[data-token="${name}"]`).waitFor({ state: 'detached' })
    assert.equal(await ask('GET', '/api/sessions'), 401)
  })
})

test('a login that is ended elsewhere leaves the page at once, and a changed password ends the others', async () => {
  const who = await resident()
  await withPerson(async (one, page) => {
    await withPerson(async (two, other) => {
      await one.logIn('/profile', who)
      await two.logIn('/', who)
      await other.locator('[data-live="live"]').first().waitFor()
      await page.reload()
      await page.locator('[data-sign-in="other"]').waitFor()
      assert.equal(await page.locator('[data-sign-in="current"]').count(), 1)

      two.expectRefusals()
      await page.locator('[data-sign-in="other"]').getByRole('button', { name: /Log out/ }).click()
      await other.getByRole('heading', { name: 'Welcome back' }).waitFor()
      await page.locator('[data-sign-in="other"]').waitFor({ state: 'detached' })

      await two.logIn('/new', who)
      await other.locator('[data-live="live"]').first().waitFor()
      await page.getByLabel('Current password').fill(who.password)
      await page.getByLabel('New password').fill('eight lanterns over the fjord')
      await page.getByRole('button', { name: 'Change password' }).click()
      await page.getByText('Your password is changed').waitFor()
      await other.getByRole('heading', { name: 'Welcome back' }).waitFor()
      assert.match(other.url(), /next=/, 'and knows where it was')
    })
  })
})

test('the last administrator stays one', async () => {
  await withPerson(async (person, page) => {
    await person.logIn('/admin/users')
    person.expectRefusals()
    const refused = async () => {
      await dialog(page).getByRole('alert').filter({ hasText: /last admin/i }).waitFor()
      await dialog(page).getByRole('button', { name: 'Cancel' }).click()
    }
    await actOn(page, 'admin', 'Role and rights…')
    await dialog(page).getByRole('radio', { name: /^Member/ }).check()
    await dialog(page).getByRole('button', { name: 'Save' }).click()
    await refused()
    await actOn(page, 'admin', 'Disable…')
    await dialog(page).getByRole('button', { name: 'Disable admin' }).click()
    await refused()
    await page.reload()
    await page.locator('[data-user="admin"]').getByText('Administrator').filter({ visible: true }).waitFor()
  })
})

test('whoever is deleted leaves their sessions to somebody', async () => {
  const owner = await resident({ permissions: ['host'] })
  const heir = await resident({ permissions: ['host'] })
  await withPerson(async (person, page) => {
    const name = freshName('inherited')
    await person.logIn('/new', owner)
    await page.getByLabel('Name', { exact: true }).fill(name)
    await page.getByRole('radio', { name: /Shell/ }).check({ force: true })
    await page.getByRole('button', { name: 'Create session' }).click()
    await person.untilScreen('agent', /\$/)
    await withPerson(async (admin, house) => {
      await admin.logIn('/admin/sessions')
      await house.getByLabel('Filter by owner').selectOption(owner.username)
      await card(house, name).waitFor()
      person.expectRefusals()
      await house.getByRole('link', { name: 'People' }).click()
      await actOn(house, owner.username, 'Delete…')
      await dialog(house).getByLabel('Who gets the sessions').selectOption({ label: heir.username })
      await dialog(house).getByRole('button', { name: `Delete ${owner.username}` }).click()
      await house.locator(`[data-user="${owner.username}"]`).waitFor({ state: 'detached' })
      await house.goto(`/admin/sessions?owner=${heir.username}`)
      await card(house, name).waitFor()
    })
    await page.getByRole('heading', { name: 'Welcome back' }).waitFor()
  })
})

test('somebody who is disabled is out at once, and in again when enabled with a new password', async () => {
  const who = await resident()
  await withPerson(async (admin, page) => {
    await withPerson(async (person, theirs) => {
      await person.logIn('/', who)
      await theirs.locator('[data-live="live"]').first().waitFor()
      person.expectRefusals()
      await admin.logIn('/admin/users')
      await actOn(page, who.username, 'Disable…')
      await dialog(page).getByRole('button', { name: `Disable ${who.username}` }).click()
      await page.locator(`[data-user="${who.username}"]`).getByText('Disabled').waitFor()
      await theirs.getByRole('heading', { name: 'Welcome back' }).waitFor()
      await actOn(page, who.username, 'Enable')
      await page.locator(`[data-user="${who.username}"]`).getByText('Disabled').waitFor({ state: 'detached' })
      await actOn(page, who.username, 'New password…')
      await dialog(page).getByRole('button', { name: 'Set password' }).click()
      const password = await dialog(page).locator('[data-secret]').innerText()
      await theirs.getByLabel('User name').fill(who.username)
      await theirs.getByLabel('Password', { exact: true }).fill(who.password)
      await theirs.getByRole('button', { name: 'Log in' }).click()
      await theirs.getByRole('alert').filter({ hasText: /password/i }).waitFor()
      await person.logIn('/', { username: who.username, password })
      await theirs.getByRole('heading', { name: 'Nothing is shared with you yet' }).waitFor()
    })
  })
})

test('a viewer is offered nothing to make, and the administration is a closed door', async () => {
  const who = await resident({ role: 'viewer' })
  await withPerson(async (person, page) => {
    await person.logIn('/', who)
    await page.getByRole('button', { name: `Account of ${who.username}` }).waitFor()
    assert.equal(await page.getByRole('link', { name: 'New session' }).count(), 0)
    assert.equal(await page.getByRole('link', { name: 'Administration' }).count(), 0)
    for (const path of ['/admin/users', '/admin/audit', '/admin/settings', '/new']) {
      await page.goto(path)
      await page.getByRole('heading', { name: 'This door is closed to you' }).waitFor()
    }
    await page.getByRole('link', { name: 'To the sessions' }).click()
    await page.waitForURL(/\/$/)
    await page.goto('/nowhere')
    await page.getByRole('heading', { name: 'Nobody lives at this address' }).waitFor()
  })
})

test('the audit shows what was done, follows it live, filters and exports it', async () => {
  const who = await resident()
  await withPerson(async (person, page) => {
    const entry = (action, text) => page.locator(`[data-audit="${action}"]`).filter({ hasText: text })
    await person.logIn(`/admin/audit?target=${who.username}`)
    await entry('user.create', who.username).first().waitFor()
    await page.evaluate(() => (window.neverReloaded = true))
    await api.patch(`/api/users/${who.id}`, { disabled: true })
    await entry('user.update', who.username).first().waitFor()
    assert.equal(await page.evaluate(() => window.neverReloaded), true, 'the page was not loaded anew')

    await page.getByLabel('Action').fill('user.create')
    await page.getByLabel('Action').press('Enter')
    await entry('user.update', who.username).waitFor({ state: 'detached' })
    assert.match(page.url(), /action=user.create/, 'the filter stands in the address')
    await entry('user.create', who.username).locator('summary').click()
    await entry('user.create', who.username).getByText('127.0.0.1').waitFor()

    const arriving = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export' }).click()
    const lines = (await readFile(await (await arriving).path(), 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line))
    assert.deepEqual(lines.map((line) => [line.action, line.target.name]), [['user.create', who.username]])
    assert.doesNotMatch(JSON.stringify(lines), /lanterns/, 'and no password')
  })
})

test('a policy is switched in the settings and stays switched', async () => {
  await withPerson(async (person, page) => {
    await person.logIn('/admin/settings')
    const policy = page.getByRole('switch', { name: /command lines/ })
    assert.equal(await policy.isChecked(), false, 'what people type is nobody’s business until somebody decides otherwise')
    await policy.click()
    await person.until('the switch to be on', () => policy.isChecked())
    await page.reload()
    await person.until('the switch to be on', () => policy.isChecked())
    await policy.click()
    await person.until('the switch to be off', async () => !(await policy.isChecked()))
  })
})

test('too many wrong passwords are told so, with the time to wait', async () => {
  await withServer({}, async (fresh) => {
    // Logged in while that is still possible, for clearing up.
    await fresh.api()
    await withPerson(async (person, page) => {
      person.expectRefusals()
      await page.goto('/login?next=%2Fprofile')
      await page.getByLabel('User name').fill('admin')
      const wait = page.getByRole('button', { name: /Try again in \d+ s/ })
      await waitFor('the server to have enough', async () => {
        if (await wait.isVisible()) return true
        await page.getByLabel('Password', { exact: true }).fill('wrong horse')
        const answer = page.waitForResponse((response) => response.url().endsWith('/api/auth/login'))
        await page.getByRole('button', { name: 'Log in' }).click()
        await answer
        await page.getByRole('alert').waitFor()
        return wait.isVisible()
      })
      assert.equal(await wait.isDisabled(), true)
      assert.match(page.url(), /next=/)
    }, {}, fresh)
  })
})

test('no page of people is too wide for a phone', async () => {
  const session = await api.session({ name: freshName('a-rather-long-name-for-a-session') })
  await withPerson(async (person, page) => {
    const inside = {
      '/profile': page.locator('[data-sign-in="current"]'),
      '/admin/users': page.locator('[data-user="admin"]'),
      '/admin/sessions': card(page, session.name),
      '/admin/audit': page.locator('[data-audit]'),
      '/admin/audit?range=custom': page.locator('[data-audit]'),
      '/admin/settings': page.getByRole('switch', { name: /command lines/ }),
    }
    /** Measures a page when what it is about stands on it, not before. */
    const measure = async (width, path, ready) => {
      await page.setViewportSize({ width, height: 844 })
      await page.goto(path)
      await ready.filter({ visible: true }).first().waitFor()
      assert.equal(await person.sideways(), 0, `${path} at ${width} pixels can be scrolled to the side`)
    }
    const widths = [390, 360]
    for (const width of widths) await measure(width, '/login?error=x', page.getByRole('alert'))
    await person.logIn('/profile')
    for (const width of widths) {
      for (const [path, ready] of Object.entries(inside)) await measure(width, path, ready)
      await page.goto(`/sessions/${session.id}`)
      await page.getByRole('button', { name: 'Share', exact: true }).click()
      await dialog(page).getByLabel('Share with').waitFor()
      assert.equal(await person.sideways(), 0, `sharing at ${width} pixels`)
    }
  }, PHONE)
})
