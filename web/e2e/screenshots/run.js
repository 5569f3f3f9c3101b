// Takes the pictures in docs/screenshots: the real page of a real server, with content that is the same every time. Run it with
// `cargo xtask engine -- npm --prefix web/e2e run screenshots` after a change of how the page looks, and look at the pictures; with
// ` -- /some/directory` behind that it takes every page there instead, also on a phone and in light colours. It is no test.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launch, Person } from '../harness/browser.js'
import { claudeHome } from '../harness/claude.js'
import { call, say, scriptedModel } from '../harness/model.js'
import { SYSTEM_PATH, withServer } from '../harness/server.js'
import { changes } from './changes.js'
import { containers } from './containers.js'
import { firstStart, login } from './entrance.js'
import { guests, inhabit, people } from './people.js'
import { DESKTOP, EVERYTHING, picture, POCKET } from './picture.js'
import { replay } from './replay.js'
import { repositories } from './repositories.js'

const TEST_FILE = `import { test } from 'node:test'
import assert from 'node:assert/strict'
import { parseDuration } from './duration.js'

test('minutes and seconds', () => assert.equal(parseDuration('2m30s'), 150))
test('a bare number is seconds', () => assert.equal(parseDuration('45'), 45))
test('nonsense is refused', () => assert.throws(() => parseDuration('soon'), /not a duration/))
`
const SOURCE = `const UNITS = { h: 3600, m: 60, s: 1 }

export function parseDuration(text) {
  if (/^\\d+$/.test(text)) return Number(text)
  const parts = [...text.matchAll(/(\\d+)([hms])/g)]
  return parts.reduce((sum, [, n, unit]) => sum + n * UNITS[unit], 0)
}
`
const FIXED = `  if (parts.map(([part]) => part).join('') !== text || text === '') {
    throw new Error(\`not a duration: \${text}\`)
  }
`

/** What the scripted model says and does, one message after the other. */
function script(project) {
  const steps = [
    () => [say('I’ll run the tests first to see what fails.'), call('Bash', { command: 'node --test --test-reporter=dot', description: 'Run the tests' })],
    () => [
      say('`parseDuration("soon")` returns 0 instead of refusing. The parts must cover the whole text.'),
      call('Read', { file_path: join(project, 'duration.js') }),
    ],
    () => [
      call('Edit', {
        file_path: join(project, 'duration.js'),
        old_string: '  return parts.reduce',
        new_string: `${FIXED}  return parts.reduce`,
      }),
    ],
    () => [call('Bash', { command: 'node --test --test-reporter=dot', description: 'Run the tests again' })],
    () => [say('All three tests pass now. `parseDuration` refuses whatever is not made of hours, minutes and seconds.')],
  ]
  return ({ results }) => (steps[results.length] ?? steps.at(-1))()
}

/** Sessions as somebody might have them on a working day. */
async function furnish(server, api, model) {
  const project = join(server.home, 'duration')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }\n')
  writeFileSync(join(project, 'duration.js'), SOURCE)
  writeFileSync(join(project, 'duration.test.js'), TEST_FILE)
  const env = claudeHome(server, project, model)
  symlinkSync(process.execPath, join(env.HOME, 'bin/node'))
  const flags = ['--permission-mode', 'acceptEdits', '--allowedTools', 'Bash']
  const shell = (name, description) => api.session({ name, description })
  const main = await api.session({ name: 'fix-duration-parser', description: 'Refuse nonsense in durations', agent: 'claude', flags, workdir: project, env })
  const build = await shell('nightly-build', 'Packages for the three platforms')
  const docs = await shell('docs-rewrite', 'Second pass over the user’s guide')
  const spike = await shell('spike.websocket', 'How far does one socket carry?')
  await api.type(build, 'agent', 'for step in fetch configure compile link; do printf "\\033[32m✓\\033[0m %s\\n" $step; done; sleep 1000\r')
  await api.type(build, 'manual', 'for name in linux-x64 linux-arm64 darwin-arm64; do printf "%-14s \\033[32m%s\\033[0m\\n" $name packed; done\r')
  await api.post(`/api/sessions/${docs.id}/stop`)
  await api.post('/api/sessions', { name: 'release-0.4', description: 'Tag and publish', agent: 'shell', mode: 'autonomous', prompt: 'exit 1' })
  return { main, build }
}

async function work(api, { id }) {
  const session = { id }
  await api.untilScreen(session, 'agent', /^❯/m)
  await api.type(session, 'agent', 'the last test fails, please fix it')
  await api.untilScreen(session, 'agent', /please fix it/)
  await api.type(session, 'agent', '\r')
  await api.untilScreen(session, 'agent', /All three tests pass now/)
  await api.type(session, 'manual', 'clear; node --test --test-reporter=spec | tail -n 9\r')
  await api.untilScreen(session, 'manual', /duration_ms/)
}

async function desktop(browser, server, { main, build }) {
  const person = await Person.arrive(browser, server, DESKTOP)
  const { page } = person
  if (EVERYTHING) await picture(page, 'login', page.goto('/login').then(() => page.getByRole('button', { name: 'Log in' }).waitFor()))
  await person.logIn('/')
  await page.locator(`[data-session="${main.name}"]`).waitFor()
  await page.locator('[data-session="release-0.4"]').waitFor()
  await picture(page, 'dashboard', page.locator('[data-live="live"]').first().waitFor())
  await page.goto(`/sessions/${main.id}`)
  await person.untilScreen('manual', /duration_ms/)
  for (const terminal of ['agent', 'manual']) await person.untilFits(terminal)
  await picture(page, 'session', person.untilScreen('agent', /All three tests pass now/))
  if (EVERYTHING) await more(person, main, build)
  await person.leave()
}

/** What no guide shows. */
async function more(person, main, build) {
  const { page } = person
  await page.goto(`/sessions/${main.id}/terminals/agent`)
  await person.untilFits('agent')
  await picture(page, 'terminal', person.untilScreen('agent', /All three tests pass now/))
  await page.emulateMedia({ colorScheme: 'light' })
  await page.goto(`/sessions/${build.id}`)
  await person.untilScreen('agent', /link/)
  await picture(page, 'session-light', person.untilFits('manual'))
  await page.goto('/')
  await picture(page, 'dashboard-light', page.locator(`[data-session="${main.name}"]`).waitFor())
}

async function phone(browser, server, { main }) {
  const person = await Person.arrive(browser, server, POCKET)
  const { page } = person
  await person.logIn('/')
  const home = page.locator(`[data-session="${main.name}"]`).waitFor()
  if (EVERYTHING) await picture(page, 'phone-dashboard', home)
  await home
  await page.goto(`/sessions/${main.id}`)
  await page.getByRole('tab', { name: 'manual' }).click()
  await person.untilFits('manual')
  await person.type('manual', 'clear; node --test --test-reporter=spec | tail -n 9')
  await person.untilFits('manual')
  await picture(page, 'phone-session', person.untilScreen('manual', /duration_ms/))
  await person.leave()
}

const browser = await launch()
await firstStart(browser)
await login(browser)
await containers(browser)
await changes(browser)
await replay(browser)
await repositories(browser)
// Paths stand in the pictures, so they are the same every time. The server finds Claude Code where the sessions do.
const root = join(tmpdir(), 'longhouse')
await withServer({ root, env: { PATH: `${root}/claude-home/bin:${SYSTEM_PATH}` } }, async (server) => {
  const api = await server.api()
  const model = await scriptedModel(script(join(server.home, 'duration')))
  try {
    const sessions = await furnish(server, api, model)
    await work(api, sessions.main)
    await desktop(browser, server, sessions)
    await phone(browser, server, sessions)
    // Only now, so that the first pictures show a house of one.
    await inhabit(server, api, sessions)
    await people(browser, server, sessions)
    if (EVERYTHING) await guests(browser, server)
  } finally {
    await model.close()
  }
})
await browser.close()
