// What terminals showed, replayed in a real browser: made while the server was killed, gone through at any moment and speed, saved, and deleted.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freshName } from '../harness/api.js'
import { PHONE, withPersonAt } from '../harness/browser.js'
import { openHouse } from '../harness/house.js'
import { waitFor } from '../harness/wait.js'

const { browser, server, api } = await openHouse()

const pathOf = (session, terminal = 'manual') => `/sessions/${session.id}/terminals/${terminal}/replay`
const castOf = (session, terminal = 'manual') => api.get(`/api/sessions/${session.id}/terminals/${terminal}/recording`)
const button = (page, name) => page.getByRole('button', { name, exact: true })

/** Types a command, and waits until what it says is recorded. */
async function record(session, command, word) {
  await api.type(session, 'manual', `${command}\r`)
  await api.untilScreen(session, 'manual', new RegExp(`^${word}$`, 'm'))
  await waitFor(`${word} to be recorded`, async () => new RegExp(`[\\r\\n]${word}\\r`).test(written(await castOf(session))))
}

/** A session with a recorded shell that has said its first word. */
async function recorded(word) {
  const session = await api.session({ name: freshName('recorded'), multiplexer: 'none', recording: true })
  await api.untilScreen(session, 'manual', /\$/)
  await record(session, `echo ${word}-$((1+1))`, `${word}-2`)
  return session
}

/** The header and the events of a recording; every line of it has to be one. */
function parse(cast) {
  assert.ok(cast.endsWith('\n'))
  const lines = cast.trimEnd().split('\n').filter((line) => !line.startsWith('#'))
  const [header, ...events] = lines.map((line) => JSON.parse(line))
  for (const event of events) {
    assert.equal(event.length, 3)
    assert.ok(event[0] >= 0, 'time does not go backwards')
  }
  return { header, events }
}

const written = (cast) => parse(cast).events.filter(([, code]) => code === 'o').map(([, , data]) => data).join('')

/** Waits until the recording has come, and goes to its end. */
async function goToEnd(page) {
  await page.locator(['playing', 'paused', 'ended'].map((state) => `[data-replay="${state}"]`).join()).waitFor()
  await page.keyboard.press('End')
}

/** Waits until the replay stands as it is said to. */
const until = (person, page, state) => person.until(`the replay to be ${state}`, () => page.locator(`[data-replay="${state}"]`).isVisible())

test('what a terminal showed, before and after the server was killed, is gone through at any moment and speed', async () => {
  const session = await recorded('before')
  await server.restart()
  await api.untilScreen(session, 'manual', /before-2/)
  await record(session, 'echo after-$((2+2))', 'after-4')
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(`/sessions/${session.id}?terminal=manual`)
    await page.getByText('Recorded', { exact: true }).waitFor()
    await person.pane('manual').getByRole('button', { name: 'Terminal menu' }).click()
    await page.getByRole('menuitem', { name: 'Replay' }).click()
    await page.waitForURL((url) => url.pathname === pathOf(session))

    await goToEnd(page)
    await person.untilScreen('manual', /^before-2$[^]*^after-4$/m)
    await until(person, page, 'ended')
    await page.keyboard.press('Home')
    await person.until('the beginning', async () => !/before|after/.test(await person.screen('manual')))
    await until(person, page, 'paused')

    await page.getByRole('button', { name: /^Speed/ }).click()
    await page.getByRole('menuitemradio', { name: '16×' }).click()
    await page.keyboard.press('Escape')
    await button(page, 'Speed 16×').waitFor()
    await button(page, 'Play').click()
    await until(person, page, 'ended')
    await person.untilScreen('manual', /^before-2$[^]*^after-4$/m)

    const line = page.getByRole('slider', { name: 'Moment of the recording' })
    const { x, y, width, height } = await line.boundingBox()
    await page.mouse.click(x, y + height / 2)
    await person.until('the beginning', async () => !/before|after/.test(await person.screen('manual')))
    await page.mouse.move(x + width / 2, y + height / 2)
    await page.mouse.down()
    await page.mouse.move(x + width + 5, y + height / 2)
    await page.mouse.up()
    await person.untilScreen('manual', /^after-4$/m)
    await page.keyboard.type('echo nobody types into the past')
    assert.doesNotMatch(await api.screen(session, 'manual'), /nobody/)
  })
})

test("asciinema's own player shows what was on the terminal, also after its size has changed", async () => {
  const session = await recorded('early')
  await api.post(`/api/sessions/${session.id}/terminals/manual/resize`, { cols: 70, rows: 20 })
  await record(session, "printf 'wide: \\344\\270\\255\\346\\226\\207 \\303\\251 \\033[31mred\\033[0m\\n'; echo last-$((1+2))", 'last-3')
  const cast = await castOf(session)
  const page = await browser.newPage()
  try {
    await page.setContent('<div id="player"></div>')
    for (const [kind, file] of [['addStyleTag', 'css'], ['addScriptTag', 'min.js']])
      await page[kind]({ path: fileURLToPath(import.meta.resolve(`asciinema-player/dist/bundle/asciinema-player.${file}`)) })
    const [at, duration] = await page.evaluate(async (data) => {
      const options = { speed: 16, idleTimeLimit: 0.1 }
      const player = globalThis.AsciinemaPlayer.create({ data }, document.querySelector('#player'), options)
      const ended = new Promise((resolve) => player.addEventListener('ended', resolve))
      await player.play()
      await ended
      return [player.getCurrentTime(), player.getDuration()]
    }, cast)
    assert.equal(at, duration)
    const drawn = async () => (await page.locator('.ap-line').allTextContents()).map((line) => line.trimEnd())
    // It draws a moment after it has said that it has ended.
    const lines = await waitFor('the last line to be drawn', async () => {
      const shown = await drawn()
      return shown.includes('last-3') && shown
    })
    const screen = (await api.screen(session, 'manual')).split('\n').map((line) => line.trimEnd())
    for (const word of [/^early-2$/, /^wide: 中文 é red$/, /^last-3$/]) {
      const there = (shown) => shown.findIndex((line) => word.test(line))
      assert.notEqual(there(lines), -1, `${word} in ${lines.join('\n')}`)
      assert.equal(there(lines), there(screen), 'the same line of the screen')
    }
  } finally {
    await page.close()
  }
})

test('an address leads to a moment, a recording is saved as it is, and deleted once that is confirmed', async () => {
  const session = await recorded('kept')
  await withPersonAt(browser, server, async (person, page) => {
    // Later than anything that happened: its end.
    await person.logIn(`${pathOf(session)}?at=100000`)
    await person.untilScreen('manual', /^kept-2$/m)
    await until(person, page, 'paused')

    const arriving = page.waitForEvent('download')
    await button(page, 'Download the recording').click()
    const download = await arriving
    assert.equal(download.suggestedFilename(), `${session.name}-manual.cast`)
    const saved = await readFile(await download.path(), 'utf8')
    const { header } = parse(saved)
    assert.equal(header.version, 3)
    assert.ok(header.term.cols > 0 && header.term.rows > 0)
    assert.ok(Math.abs(header.timestamp - Date.parse(session.createdAt) / 1000) < 3600, 'it says when it began')
    assert.match(written(saved), /[\r\n]kept-2\r/)

    const deletedAt = Math.floor(Date.now() / 1000)
    await button(page, 'Delete the recording').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete recording' }).click()
    await page.getByText('Nothing is recorded yet').waitFor()
    await record(session, 'echo new-$((1+1))', 'new-2')
    assert.ok(parse(await castOf(session)).header.timestamp >= deletedAt, 'the past is gone, and the present goes on being recorded')
  })
})

test('a session that is not recorded shows what is still kept, and is recorded from now on once somebody says so', async () => {
  const session = await api.session({ name: freshName('unrecorded'), multiplexer: 'none' })
  await api.type(session, 'manual', 'echo kept-$((1+1))\r')
  await api.untilScreen(session, 'manual', /^kept-2$/m)
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn(pathOf(session))
    await goToEnd(page)
    await person.untilScreen('manual', /^kept-2$/m)
    const note = page.getByText('This session is not recorded')
    await note.waitFor()
    await button(page, 'Record from now on').click()
    await note.waitFor({ state: 'detached' })
    await page.getByText('Recorded', { exact: true }).waitFor()
    await record(session, 'echo begun-$((1+1))', 'begun-2')
    await button(page, 'Load what came since').click()
    await goToEnd(page)
    await person.untilScreen('manual', /^begun-2$/m)

    await page.goto(`/sessions/${session.id}?panel=details`)
    const recording = page.getByRole('switch', { name: 'Record terminals' })
    await person.until('the switch to be on', () => recording.isChecked())
    await recording.click()
    await page.getByText('Recorded', { exact: true }).waitFor({ state: 'detached' })
    assert.equal((await api.get(`/api/sessions/${session.id}`)).recording, false)
    await page.getByRole('link', { name: 'Replay manual' }).click()
    await goToEnd(page)
    await person.untilScreen('manual', /^begun-2$/m)
  })
})

test('where there is nothing to replay the page says why, and how there would be', async () => {
  const session = await api.session({ name: freshName('nothing'), multiplexer: 'none' })
  await api.post(`/api/sessions/${session.id}/stop`)
  await api.untilStatus(session.id, 'stopped')
  await withPersonAt(browser, server, async (person, page) => {
    person.expectRefusals()
    await person.logIn(pathOf(session))
    await page.getByText('This terminal was not recorded').waitFor()
    await button(page, 'Record from now on').click()
    await page.getByText('Nothing is recorded yet').waitFor()
    await api.post(`/api/sessions/${session.id}/start`)
    await api.untilStatus(session.id, 'running')
    await record(session, 'echo begun-$((1+1))', 'begun-2')
    await button(page, 'Look again').click()
    await goToEnd(page)
    await person.untilScreen('manual', /^begun-2$/m)
  })
})

test('a session is recorded from its beginning, as the form says, and replayed on a phone after its end', async () => {
  const name = freshName('phone')
  await withPersonAt(browser, server, async (person, page) => {
    await person.logIn('/new')
    await page.getByLabel('Name', { exact: true }).fill(name)
    await page.getByRole('radio', { name: /Shell/ }).check({ force: true })
    // tmux clears the screen when it ends, and what is asked for here is what was on it.
    await page.getByRole('button', { name: /^Runs in/ }).click()
    await page.getByLabel('Terminals', { exact: true }).selectOption('none')
    await page.getByRole('button', { name: /^More/ }).click()
    await page.getByRole('switch', { name: 'Record terminals' }).click()
    await page.getByRole('button', { name: 'Create session' }).click()
    await page.waitForURL(/\/sessions\/[^/]+$/)
  })
  const { items } = await api.get('/api/sessions?limit=200')
  const session = items.find((item) => item.name === name)
  assert.equal(session.recording, true)
  await api.untilStatus(session.id, 'running')
  await record(session, 'echo pocket-$((1+1))', 'pocket-2')
  await api.post(`/api/sessions/${session.id}/stop`)
  await api.untilStatus(session.id, 'stopped')
  await withPersonAt(
    browser,
    server,
    async (person, page) => {
      await person.logIn(pathOf(session))
      await goToEnd(page)
      await person.untilScreen('manual', /^pocket-2$/m)
      assert.equal(await person.sideways(), 0, 'nothing is cut off at the side')
    },
    PHONE,
  )
})
