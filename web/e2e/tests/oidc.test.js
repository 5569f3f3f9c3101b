// Logging in through a real identity provider, in a real browser, across two sites.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch, withPersonAt } from '../harness/browser.js'
import { IdentityProvider } from '../harness/identityProvider.js'
import { Server, withServer } from '../harness/server.js'

const RIGHTS = `admin_groups = ["ops"]
member_groups = ["engineering"]
host_groups = ["platform"]`
const GROUPS = { olga: ['ops'], mira: ['engineering', 'platform'], sven: ['engineering'], guest: ['visitors'] }

let browser
let provider
let server
let api
before(async () => {
  browser = await launch()
  provider = await IdentityProvider.start({ ...GROUPS })
  server = await Server.start(provider.settings(RIGHTS))
  api = await server.api()
})
after(async () => {
  await browser?.close()
  await server?.close()
  await provider?.close()
})

/** Somebody at a browser that has never met the provider. */
function withPerson(use, at = server) {
  const visit = (person, page) => {
    person.mayVisit(provider.issuer)
    return use(person, page)
  }
  return withPersonAt(browser, at, visit)
}

const providerButton = (page) => page.getByRole('link', { name: 'Continue with Example Corp' })
const account = (page, name) => page.getByRole('button', { name: `Account of ${name}` })

async function toProvider(page, path = '/login') {
  await page.goto(path)
  await providerButton(page).click()
}

async function sayWho(page, name) {
  // The provider's form: a page of ours may have a field of that name, too.
  const form = page.locator('form', { has: page.getByRole('button', { name: 'Continue', exact: true }) })
  await form.getByLabel('Name').fill(name)
  await form.getByRole('button', { name: 'Continue', exact: true }).click()
  await page.getByRole('button', { name: 'Allow' }).click()
}

async function logOut(page, name) {
  await account(page, name).click()
  await page.getByRole('menuitem', { name: 'Log out' }).click()
  await providerButton(page).waitFor()
}

/** Waits for the login page with this message, and makes sure that nobody is logged in. */
async function turnedAway(page, message) {
  await page.getByRole('alert').filter({ hasText: message }).waitFor()
  assert.match(page.url(), /\/login\?error=/)
  assert.equal((await page.request.get('/api/auth/me')).status(), 401)
}

test('groups at the provider become role and host permission, and the next login finds the same account', async () => {
  const me = async (page) => (await page.request.get('/api/auth/me')).json()
  let first
  await withPerson(async (person, page) => {
    await toProvider(page)
    await sayWho(page, 'mira')
    await account(page, 'mira').waitFor()
    assert.equal(new URL(page.url()).pathname, '/')
    await page.locator('[data-live="live"]').first().waitFor()
    first = await me(page)
    assert.deepEqual([first.username, first.role, first.mayUseHost], ['mira', 'member', true])
    await logOut(page, 'mira')
    assert.equal((await page.request.get('/api/auth/me')).status(), 401)
  })
  provider.groups.mira = ['ops']
  await withPerson(async (person, page) => {
    await toProvider(page, '/profile')
    await sayWho(page, 'mira')
    await account(page, 'mira').waitFor()
    assert.equal(new URL(page.url()).pathname, '/profile', 'the way back leads to where one wanted to go')
    const again = await me(page)
    assert.deepEqual([again.id, again.role, again.mayUseHost], [first.id, 'admin', true], 'admins may use the host')
  })
  const { items } = await api.get('/api/users')
  assert.equal(items.filter(({ username }) => username.startsWith('mira')).length, 1)
})

test('whoever is in none of the groups, or changes their mind, is told so', async () => {
  await withPerson(async (person, page) => {
    await toProvider(page)
    await sayWho(page, 'guest')
    await turnedAway(page, /none of your groups or domains is let in/)
  })
  await withPerson(async (person, page) => {
    await toProvider(page)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await turnedAway(page, /did not let that login through/)
    await person.logIn('/')
    await account(page, 'admin').waitFor()
  })
})

test('two tabs log in beside each other, each with name and consent of its own', async () => {
  await withPerson(async (person, one) => {
    const two = await person.open()
    await toProvider(one, '/profile')
    await one.getByLabel('Name').waitFor()
    await toProvider(two)
    await sayWho(two, 'sven')
    await account(two, 'sven').waitFor()
    await sayWho(one, 'sven')
    await account(one, 'sven').waitFor()
    assert.equal(new URL(one.url()).pathname, '/profile')
    const { items } = await (await one.request.get('/api/auth/sign-ins')).json()
    assert.equal(items.length, 2, 'each of the two is a sign-in')
  })
})

test('a tab that waits at the consent finishes after another one has', async () => {
  await withPerson(async (person, one) => {
    const two = await person.open()
    const allow = (page) => page.getByRole('button', { name: 'Allow' })
    await toProvider(one, '/profile')
    await one.getByLabel('Name').fill('sven')
    await one.getByRole('button', { name: 'Continue' }).click()
    await allow(one).waitFor()
    await toProvider(two)
    await allow(two).click()
    await account(two, 'sven').waitFor()
    await allow(one).click()
    await account(one, 'sven').waitFor()
    assert.equal(new URL(one.url()).pathname, '/profile')
  })
})

test('a login at the provider is connected with an account that was there before, and taken away again', async () => {
  const dialog = (page) => page.getByRole('dialog')
  const row = (page) => page.locator('[data-login="corp"]')
  const password = 'seven lanterns over the fjord'
  for (const username of ['nora', 'eve']) await api.post('/api/users', { username, password, role: 'member', permissions: [] })
  provider.groups.nora = ['engineering']
  const connect = async (page) => {
    await row(page).getByRole('button', { name: 'Connect Example Corp' }).click()
    await dialog(page).getByLabel('Your password here', { exact: true }).fill(password)
    await dialog(page).getByRole('button', { name: 'Continue to Example Corp' }).click()
    await sayWho(page, 'nora')
  }
  await withPerson(async (person, page) => {
    person.expectRefusals()
    await person.logIn('/profile', { username: 'nora', password })
    await row(page).getByRole('button', { name: 'Connect Example Corp' }).click()
    await dialog(page).getByLabel('Your password here', { exact: true }).fill('not hers')
    await dialog(page).getByRole('button', { name: 'Continue to Example Corp' }).click()
    await dialog(page).getByRole('alert').filter({ hasText: 'password is wrong' }).waitFor()
    await dialog(page).getByRole('button', { name: 'Cancel' }).click()
    await connect(page)
    await row(page).getByText('Connected', { exact: true }).waitFor()
    assert.equal(page.url(), `${server.url}/profile`, 'nothing of the answer stays in the address')
    await logOut(page, 'nora')
    await providerButton(page).click()
    await page.getByRole('button', { name: 'Allow' }).click()
    await account(page, 'nora').waitFor()
  })
  // Somebody else with the same login at the provider.
  await withPerson(async (person, page) => {
    person.expectRefusals()
    await person.logIn('/profile', { username: 'eve', password })
    await connect(page)
    await page.getByText(/belongs to another account/).waitFor()
    await row(page).getByText('Not connected').waitFor()
  })
  await withPerson(async (person, page) => {
    await person.logIn('/profile', { username: 'nora', password })
    await row(page).getByRole('button', { name: 'Disconnect Example Corp' }).click()
    await dialog(page).getByRole('button', { name: 'Disconnect' }).click()
    await row(page).getByText('Not connected').waitFor()
  })
})

test('an answer that belongs to no attempt of this browser logs nobody in', async () => {
  await withPerson(async (person, page) => {
    await page.goto('/api/auth/oidc/corp/callback?code=stolen&state=of-another-browser')
    await turnedAway(page, /begun in another browser/)
  })
})

test('a provider that is down is said to be', async () => {
  const gone = await IdentityProvider.start({})
  await gone.close()
  await withServer(gone.settings(RIGHTS), (alone) =>
    withPerson(async (person, page) => {
      await toProvider(page)
      await turnedAway(page, /does not answer/)
    }, alone),
  )
})

test('without passwords the provider is the only way in', async () => {
  const { toml, env } = provider.settings(RIGHTS)
  await withServer({ toml: `password_login = false\n${toml}`, env, password: null }, (house) =>
    withPerson(async (person, page) => {
      await page.goto('/login')
      await providerButton(page).waitFor()
      assert.equal(await page.getByLabel('Password').count(), 0)
      await providerButton(page).click()
      await sayWho(page, 'olga')
      await account(page, 'olga').waitFor()
      await page.getByRole('link', { name: 'Administration' }).waitFor()
      await logOut(page, 'olga')
    }, house),
  )
})
