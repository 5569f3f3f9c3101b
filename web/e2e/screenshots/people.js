// The pictures of a house with several people in it: sharing, profile, people, audit, settings.
import { Person, PHONE } from '../harness/browser.js'
import { PASSWORD } from '../harness/server.js'
import { DESKTOP, picture } from './picture.js'

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

/** What is shown in light colours too: one for all, they differ in nothing else. */
const LIGHT = ['users']

/** Every page of people by name: where it is, and when it is ready. */
function pages(page, { main }) {
  const go = async (path, ready) => {
    await page.goto(path)
    await ready.waitFor()
  }
  return {
    sharing: async () => {
      await go(`/sessions/${main.id}`, page.getByRole('button', { name: 'Share', exact: true }))
      await page.getByRole('button', { name: 'Share', exact: true }).click()
      await page.locator('[data-person="review"]').waitFor()
      await page.getByLabel('Share with').fill('a')
      await page.getByRole('option', { name: 'arne' }).waitFor()
    },
    profile: () => go('/profile', page.locator('[data-token="nightly build"]')),
    users: () => go('/admin/users', page.locator('[data-user="mira"]')),
    'all-sessions': () => go('/admin/sessions', page.locator(`[data-session="${main.name}"]`)),
    audit: async () => {
      await go('/admin/audit', page.locator('[data-audit="session.share"]').first())
      await page.locator('[data-audit="session.share"] summary').first().click()
    },
    settings: () => go('/admin/settings', page.getByRole('switch', { name: /command lines/ })),
  }
}

export async function peopleOnDesktop(browser, server, sessions) {
  const person = await Person.arrive(browser, server, DESKTOP)
  await person.logIn('/')
  const places = pages(person.page, sessions)
  for (const [name, open] of Object.entries(places)) await picture(person.page, name, open())
  await person.page.emulateMedia({ colorScheme: 'light' })
  for (const name of LIGHT) await picture(person.page, `${name}-light`, places[name]())
  await person.leave()
}

export async function peopleOnPhone(browser, server, sessions) {
  const person = await Person.arrive(browser, server, { ...PHONE, reducedMotion: 'reduce' })
  await picture(person.page, 'phone-login', person.page.goto('/login').then(() => person.page.getByRole('button', { name: 'Log in' }).waitFor()))
  await person.logIn('/')
  for (const [name, open] of Object.entries(pages(person.page, sessions))) await picture(person.page, `phone-${name}`, open())
  await person.leave()
}
