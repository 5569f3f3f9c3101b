// The pictures of a repository: what changed in it, and its history.
import { join } from 'node:path'
import { Repository } from '../harness/repository.js'
import { withServer } from '../harness/server.js'
import { pictures } from './picture.js'

const SOURCE = `const UNITS = { h: 3600, m: 60, s: 1 }

export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\\d+)([hms])/g)]
  return parts.reduce((sum, [, n, unit]) => sum + n * UNITS[unit], 0)
}
`
const CHANGED = `const UNITS = { d: 86400, h: 3600, m: 60, s: 1 }

export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\\d+)([dhms])/g)]
  if (parts.map(([part]) => part).join('') !== text) {
    throw new Error(\`not a duration: \${text}\`)
  }
  return parts.reduce((sum, [, n, unit]) => sum + Number(n) * UNITS[unit], 0)
}
`

/** Some commits with a merge among them, and changes that nobody committed yet. */
function furnish(directory) {
  const repository = new Repository(directory)
  repository.commit('feat: durations of hours, minutes and seconds', { 'src/duration.ts': SOURCE, 'README.md': '# Durations\n' })
  repository.git('checkout', '--quiet', '-b', 'guide')
  repository.commit('docs: how durations are written', { 'docs/guide.md': '# Durations\n\nWrite `1h30m`.\n' })
  repository.git('checkout', '--quiet', 'main')
  repository.commit('build: a package of its own', { 'package.json': '{ "type": "module" }\n' })
  repository.git('merge', '--quiet', '--no-ff', '--message=Merge branch guide', 'guide')
  repository.git('tag', 'v0.1')
  repository.git('clone', '--quiet', '--bare', directory, `${directory}.git`)
  repository.git('remote', 'add', 'origin', `file://${directory}.git`)
  repository.git('fetch', '--quiet')
  repository.git('branch', '--quiet', '--set-upstream-to=origin/main')
  repository.commit('docs: days are twenty-four hours', { 'docs/guide.md': '# Durations\n\nWrite `1h30m`. A day has 24 hours.\n' })
  repository.write('src/duration.ts', CHANGED)
  repository.write('src/duration.test.ts', `import { test } from 'node:test'\n`)
  repository.write('.env', 'TOKEN=one\n')
}

export async function changes(browser) {
  await withServer({ env: { LONGHOUSE_GIT_PROTOCOLS: 'https:ssh:file' } }, async (server) => {
    const directory = join(server.home, 'duration')
    furnish(directory)
    const api = await server.api()
    const made = await api.session({ name: 'refuse-nonsense', workdir: directory, autoCommit: { mode: 'checkpoint', debounceSeconds: 900, intervalSeconds: 1800 } })
    await api.post(`/api/sessions/${made.id}/git/checkpoints`)
    await pictures(browser, server, {
      guides: ['changes', 'checkpoints'],
      arrive: (person) => person.logIn('/'),
      pages: (page, person) => ({
        changes: async () => {
          await page.goto(`/sessions/${made.id}?panel=changes`)
          await page.locator('[data-file-head="src/duration.ts"]').click()
          await page.locator('.tok').first().waitFor()
          if (page.viewportSize().width > 900) for (const terminal of ['agent', 'manual']) await person.untilFits(terminal)
        },
        branches: async () => {
          await page.goto(`/sessions/${made.id}?panel=changes`)
          await page.getByRole('button', { name: /Go over to another one/ }).click()
          await page.locator('[data-branch-row="guide"]').waitFor()
        },
        checkpoints: async () => {
          await page.goto(`/sessions/${made.id}?panel=checkpoints`)
          await page.locator('[data-checkpoint="1"]').click()
          await page.locator('[data-file-head="src/duration.ts"]').click()
          await page.locator('.tok').first().waitFor()
        },
        'auto-commit': async () => {
          await page.goto(`/sessions/${made.id}?panel=changes`)
          await page.getByRole('button', { name: 'What is committed by itself' }).click()
          await page.getByRole('radio', { name: /^Commits/ }).check()
        },
        discard: async () => {
          await page.goto(`/sessions/${made.id}?panel=changes`)
          await page.getByRole('button', { name: 'Discard all of “New”' }).click()
        },
        history: async () => {
          await page.goto(`/sessions/${made.id}?panel=history`)
          await page.getByText('docs: how durations are written').click()
          await page.locator('.tok').first().waitFor()
        },
      }),
    })
  })
}
