// The pictures of the door: the first start, and logging in.
import { IdentityProvider } from '../harness/identityProvider.js'
import { withServer } from '../harness/server.js'
import { EVERYTHING, pictures } from './picture.js'

/** A server that nobody has an account on yet. */
export async function firstStart(browser) {
  await withServer({ password: null }, (server) =>
    pictures(browser, server, {
      guides: ['setup'],
      pages: (page) => ({
        setup: async () => {
          await page.goto(server.setupLink())
          await page.getByRole('button', { name: 'Create administrator' }).waitFor()
        },
        'setup-incomplete': async () => {
          await page.goto('/setup')
          await page.getByRole('heading', { name: 'The link is incomplete' }).waitFor()
        },
        'setup-open': async () => {
          await page.goto('/login')
          await page.getByRole('heading', { name: 'Nobody lives here yet' }).waitFor()
        },
      }),
    }),
  )
}

/** A server with an identity provider beside its passwords. */
export async function login(browser) {
  const provider = await IdentityProvider.start({})
  const door = (page) => {
    const go = async (path) => {
      await page.goto(path)
      await page.getByRole('link', { name: 'Continue with Example Corp' }).waitFor()
    }
    return { 'login-provider': () => go('/login'), 'login-refused': () => go('/login?error=auth.oidc_not_allowed') }
  }
  const profile = (page) => ({
    'profile-logins': async () => {
      await page.goto('/profile')
      await page.locator('[data-login="corp"]').scrollIntoViewIfNeeded()
    },
    'connect-login': async () => {
      await page.getByRole('button', { name: 'Connect Example Corp' }).click()
      await page.getByLabel('Your password here', { exact: true }).waitFor()
    },
  })
  await withServer(provider.settings(), async (server) => {
    await pictures(browser, server, { guides: ['login-provider'], pages: door })
    if (EVERYTHING) await pictures(browser, server, { guides: [], arrive: (person) => person.logIn('/'), pages: profile })
  })
  await provider.close()
}
