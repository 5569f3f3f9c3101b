// The pictures of a house with several people in it: sharing, profile, people, audit, settings.
import { PASSWORD } from '../harness/server.js'
import { pictures } from './picture.js'

const OTHER_BROWSERS = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
]

const logInAs = (server, username, password, agent) =>
  fetch(`${server.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': agent },
    body: JSON.stringify({ username, password }),
  })

/** People, what they share, and how they came in. */
export async function inhabit(server, api, { main, build }) {
  const person = (username, role, permissions = []) => api.post('/api/users', { username, role, permissions, password: PASSWORD })
  const mira = await person('mira', 'member', ['host'])
  const arne = await person('arne', 'member')
  const review = await person('review', 'viewer')
  const guest = await person('summer-guest', 'member')
  await api.patch(`/api/users/${guest.id}`, { disabled: true })
  await api.post(`/api/sessions/${main.id}/shares`, { userId: mira.id, access: 'drive' })
  await api.post(`/api/sessions/${main.id}/shares`, { userId: review.id, access: 'view' })
  await api.post(`/api/sessions/${build.id}/shares`, { userId: arne.id, access: 'view' })
  await api.post('/api/tokens', { name: 'nightly build', scopes: ['sessions:read', 'sessions:write'], expiresInDays: 90 })
  await api.post('/api/tokens', { name: 'dashboard in the hall', scopes: ['metrics'], expiresInDays: 7 })
  for (const agent of OTHER_BROWSERS) await logInAs(server, 'admin', PASSWORD, agent)
  await logInAs(server, 'mira', PASSWORD, OTHER_BROWSERS[1])
  await logInAs(server, 'arne', 'a slip of the hand', OTHER_BROWSERS[1])
  await logInAs(server, 'arne', PASSWORD, OTHER_BROWSERS[1])
}

/** Every page of people by name: where it is, and when it is ready. */
function pages(page, person, { main }) {
  const go = async (path, ready) => {
    await page.goto(path)
    await ready.waitFor()
  }
  const scroll = async (mark) => mark.evaluate((element) => element.scrollIntoView({ block: 'center' }))
  const dialog = page.getByRole('dialog')
  return {
    sharing: async () => {
      await go(`/sessions/${main.id}`, page.getByRole('button', { name: 'Share', exact: true }))
      await person.untilScreen('agent', /All three tests pass now/)
      await page.getByRole('button', { name: 'Share', exact: true }).click()
      await page.locator('[data-person="review"]').waitFor()
      await page.getByLabel('Share with').fill('a')
      await page.getByRole('option', { name: 'arne' }).waitFor()
    },
    profile: () => go('/profile', page.locator('[data-token="nightly build"]')),
    'profile-sign-ins': () => scroll(page.locator('[data-sign-in="current"]')),
    'profile-tokens': () => scroll(page.locator('[data-token="nightly build"]')),
    'new-token': async () => {
      await page.getByRole('button', { name: 'New token' }).click()
      await dialog.getByLabel('Name').waitFor()
    },
    users: () => go('/admin/users', page.locator('[data-user="mira"]')),
    'new-person': async () => {
      await page.getByRole('button', { name: 'New person' }).click()
      await dialog.getByLabel('User name').waitFor()
    },
    'delete-person': async () => {
      await go('/admin/users', page.locator('[data-user="mira"]'))
      await page.getByRole('button', { name: 'Actions for mira' }).click()
      await page.getByRole('menuitem', { name: 'Delete…' }).click()
      await dialog.waitFor()
    },
    'all-sessions': () => go('/admin/sessions', page.locator(`[data-session="${main.name}"]`)),
    audit: async () => {
      await go('/admin/audit', page.locator('[data-audit="session.share"]').first())
      await page.locator('[data-audit="session.share"] summary').first().click()
    },
    'audit-empty': () => go('/admin/audit?target=nothing-like-it', page.getByRole('heading', { name: 'Nothing is recorded here' })),
    settings: () => go('/admin/settings', page.getByRole('switch', { name: /command lines/ })),
    'not-found': () => go('/nowhere', page.getByRole('heading', { name: 'Nobody lives at this address' })),
  }
}

export async function people(browser, server, sessions) {
  await pictures(browser, server, {
    guides: ['sharing', 'profile', 'users', 'audit'],
    arrive: (person) => person.logIn('/'),
    pages: (page, person) => pages(page, person, sessions),
  })
}

/** What those meet who may only look, or have nothing yet. */
export async function guests(browser, server) {
  const at = (username, path, heading) => ({
    guides: [],
    arrive: (person) => person.logIn('/', { username, password: PASSWORD }),
    pages: (page) => ({
      [heading.name]: async () => {
        await page.goto(path)
        await page.getByRole('heading', { name: heading.text }).waitFor()
      },
    }),
  })
  await pictures(browser, server, at('review', '/admin/users', { name: 'forbidden', text: 'This door is closed to you' }))
  await pictures(browser, server, at('mira', '/?q=nothing-like-it', { name: 'dashboard-nothing', text: 'No session matches' }))
}
