// The pictures of the door: the first start, and logging in.
import { IdentityProvider } from '../harness/identityProvider.js'
import { withServer } from '../harness/server.js'
import { pictures } from './picture.js'

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
  const pages = (page) => {
    const ready = page.getByRole('link', { name: 'Continue with Example Corp' })
    const go = async (path) => {
      await page.goto(path)
      await ready.waitFor()
    }
    return { 'login-provider': () => go('/login'), 'login-refused': () => go('/login?error=auth.oidc_not_allowed') }
  }
  await withServer(provider.settings(), (server) => pictures(browser, server, { guides: ['login-provider'], pages }))
  await provider.close()
}
