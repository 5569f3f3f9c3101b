// The picture of a replay: a recording that was made somewhere else, so that it shows the same work at the same times, whenever it is taken.
import { withServer } from '../harness/server.js'
import { pictures } from './picture.js'

const BEGAN = Date.UTC(2026, 4, 12, 9, 41) / 1000
const TESTS = ['hours are read', 'minutes are read', 'seconds are read', 'parts may be left out', 'days are refused', 'nonsense is refused', 'nothing is no duration']
const green = (text) => `\u001b[32m${text}\u001b[0m`
const red = (text) => `\u001b[31m${text}\u001b[0m`
const PROMPT = `${green('mira')}:\u001b[34m~/duration\u001b[0m$ `

/** A person who types, runs the tests twice, and thinks in between. */
function recording() {
  const events = []
  const add = (interval, code, data) => events.push([interval, code, data])
  const type = (command) => {
    for (const letter of command) add(0.09, 'o', letter)
    add(0.3, 'o', '\r\n')
  }
  const test = (failing) => {
    for (const name of TESTS) add(0.4, 'o', `${failing.includes(name) ? red('✖') : green('✔')} ${name}\r\n`)
    add(0.2, 'o', `\r\n${TESTS.length - failing.length} passed, ${failing.length} failed\r\n${PROMPT}`)
  }
  add(0.1, 'o', `\u001bc${PROMPT}`)
  type('node --test')
  test(['days are refused', 'nonsense is refused'])
  add(150, 'm', 'the parser is mended')
  type('git diff --stat')
  add(0.2, 'o', ` duration.js | 7 ${green('+++++')}${red('--')}\r\n 1 file changed, 5 insertions(+), 2 deletions(-)\r\n${PROMPT}`)
  add(4, 'm', 'all tests pass')
  type('node --test')
  test([])
  const header = { version: 3, term: { cols: 92, rows: 24 }, timestamp: BEGAN }
  return [header, ...events].map((line) => `${JSON.stringify(line)}\n`).join('')
}

export async function replay(browser) {
  await withServer({}, async (server) => {
    const api = await server.api()
    const made = await api.session({ name: 'refuse-nonsense', recording: true, multiplexer: 'none' })
    await pictures(browser, server, {
      guides: ['replay'],
      arrive: async (person) => {
        await person.page.route(/\/recording$/, (route) => route.fulfill({ contentType: 'application/x-asciicast', body: recording() }))
        await person.logIn('/')
      },
      pages: (page, person) => ({
        replay: async () => {
          await page.goto(`/sessions/${made.id}/terminals/manual/replay?at=162.6`)
          await person.untilScreen('manual', /✔ parts may be left out/)
          await page.getByRole('slider').hover({ position: { x: 0.45 * page.viewportSize().width, y: 16 } })
        },
      }),
    })
  })
}
