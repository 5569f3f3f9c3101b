// The picture of the list of repositories: one with changes and a server, one at rest, one that could not be cloned.
import { join } from 'node:path'
import { Forge } from '../harness/forge.js'
import { withServer } from '../harness/server.js'
import { waitFor } from '../harness/wait.js'
import { pictures } from './picture.js'

/** Repositories as somebody might have them on a working day. */
async function furnish(forge, api) {
  const add = async (body) => {
    const made = await api.post('/api/repositories', body)
    await api.untilStatus(made.sessionId, body.branch === 'gone' ? 'error' : 'running')
    return made
  }
  const sh = (made, script) => api.post(`/api/sessions/${made.sessionId}/exec`, { command: ['sh', '-c', script] })
  const files = { 'README.md': '# Shop\n' }
  const shop = await add({ name: 'shop', gitUrl: forge.add('shop', files) })
  await sh(shop, 'git config user.name Ada; git config user.email ada@example.org; echo more >>README.md; git commit -qam more; echo x >basket.ts')
  await api.type({ id: shop.sessionId }, 'manual', 'python3 -m http.server $PORT\r')
  const guide = await add({ name: 'guide', gitUrl: forge.add('guide', files) })
  await api.get(`/api/repositories/${guide.id}`)
  await api.post(`/api/sessions/${guide.sessionId}/stop`)
  await add({ name: 'notes' })
  await add({ name: 'website', gitUrl: forge.add('website', files), branch: 'gone' })
  await waitFor('the shop to be served', async () => (await api.get(`/api/repositories/${shop.id}`)).listening)
}

export async function repositories(browser) {
  await withServer({ env: { LONGHOUSE_GIT_PROTOCOLS: 'https:ssh:http' } }, async (server) => {
    const forge = await Forge.open(join(server.root, 'forge'))
    try {
      const api = await server.api()
      await furnish(forge, api)
      await pictures(browser, server, {
        guides: ['repositories'],
        arrive: (person) => person.logIn('/'),
        pages: (page) => ({
          repositories: async () => {
            await page.goto('/repositories')
            await page.locator('[data-repository="website"]').waitFor()
          },
          'new-repository': async () => {
            await page.getByRole('button', { name: 'Add a repository' }).click()
            await page.getByLabel('Address').fill('https://git.example.org/team/shop.git')
          },
        }),
      })
    } finally {
      await forge.close()
    }
  })
}
