// The product as a person meets it: a real browser in front of a real server.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshName } from '../harness/api.js'
import { PHONE, withPersonAt } from '../harness/browser.js'
import { openHouse } from '../harness/house.js'
import { PASSWORD, withServer } from '../harness/server.js'
import { waitFor } from '../harness/wait.js'

const { browser, server, api } = await openHouse()

/** Runs `use` with a person at a browser of their own. */
const withPerson = (use, options = {}, at = server) => withPersonAt(browser, at, use, options)
const card = (page, name) => page.locator(`[data-session="${name}"]`)

test('the first start: set-up link, empty dashboard, logout, login', async () => {
  await withServer({ password: null }, async (fresh) => {
    await withPerson(async (person, page) => {
      const link = fresh.setupLink()
      assert.ok(link, `the console shows a set-up link: ${fresh.console}`)
      await page.goto(link)
      await page.getByLabel('User name').fill('admin')
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
      await page.getByRole('button', { name: 'Create administrator' }).click()
      await page.getByRole('heading', { name: /The house is empty/ }).waitFor()

      await page.getByRole('button', { name: 'Account of admin' }).click()
      await page.getByRole('menuitem', { name: 'Log out' }).click()
      await page.getByRole('heading', { name: 'Welcome back' }).waitFor()
      await page.goto('/sessions/anything')
      await page.getByRole('heading', { name: 'Welcome back' }).waitFor()
      await person.logIn('/')
      await page.getByRole('heading', { name: /The house is empty/ }).waitFor()
      // The token never stays where a script or a history could find it.
      assert.doesNotMatch(page.url(), /token/)
      assert.doesNotMatch(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage])), /eyJ|token/i)
    }, {}, fresh)
    await withPerson(async (_, page) => {
      await page.goto(fresh.setupLink())
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
      const answer = page.waitForResponse((response) => response.url().endsWith('/api/auth/setup'))
      await page.getByRole('button', { name: 'Create administrator' }).click()
      assert.equal((await answer).ok(), false, 'the link works once')
    }, {}, fresh).catch((error) => assert.match(error.message, /409|403/, 'and the browser prints the refusal'))
  })
})

test('what the page still asks for when somebody logs out is taken back', async () => {
  await withPerson(async (person, page) => {
    const QUESTION = /\/api\/repositories\?/
    const about = (event) => page.waitForEvent(event, (request) => QUESTION.test(request.url()))
    const asked = about('request')
    const settled = Promise.race([about('requestfailed').then(() => 'taken back'), about('requestfinished').then(() => 'answered')])
    let letGo
    const loggedOut = new Promise((resolve) => (letGo = resolve))
    await page.route(QUESTION, async (route) => {
      await loggedOut
      await route.continue()
    })
    // The sign-in has ended, and the page does not know it yet: what it asked before is refused now.
    await page.route('**/api/auth/logout', async (route) => {
      const response = await route.fetch()
      letGo()
      await settled
      await route.fulfill({ response })
    })
    await person.logIn('/repositories')
    await asked
    await page.getByRole('button', { name: 'Account of admin' }).click()
    await page.getByRole('menuitem', { name: 'Log out' }).click()
    await page.getByRole('heading', { name: 'Welcome back' }).waitFor()
    assert.equal(await settled, 'taken back')
  })
})

test('a session is made with the form, typed into, opened alone, shown full screen, and kept over a reload', async () => {
  await withPerson(async (person, page) => {
    const name = freshName('by-hand')
    await person.logIn('/new')
    await page.getByLabel('Name', { exact: true }).fill(name)
    await page.getByRole('radio', { name: /Shell/ }).check({ force: true })
    await page.getByRole('button', { name: 'Create session' }).click()
    await page.waitForURL(/\/sessions\/[0-9a-f-]{36}/)
    const { pathname } = new URL(page.url())

    await person.untilScreen('agent', /\$/)
    await person.type('agent', 'echo agent $((40 + 2)); pwd')
    await person.untilScreen('agent', /^agent 42$/m)
    await person.untilScreen('manual', /\$/)
    await person.type('manual', 'echo manual $((50 + 5)) ä€🔥')
    await person.untilScreen('manual', /^manual 55 ä€🔥/m)

    for (const terminal of ['agent', 'manual']) await person.untilFits(terminal)

    await page.reload()
    await person.untilScreen('agent', /^agent 42$/m)
    await person.untilScreen('manual', /^manual 55/m)
    for (const terminal of ['agent', 'manual']) await person.untilFits(terminal)

    const alone = await person.open()
    await alone.goto(`${pathname}/terminals/manual`)
    await person.untilScreen('manual', /^manual 55/m, alone)
    assert.equal(await alone.locator('[data-terminal]').count(), 1)
    await person.type('manual', 'echo from the other window', alone)
    await person.untilScreen('manual', /^from the other window$/m)
    await alone.close()

    await person.pane('manual').getByRole('button', { name: 'Full screen' }).click()
    await page.waitForURL(/view=full/)
    assert.equal(await page.locator('[data-terminal]').count(), 1)
    await person.untilScreen('manual', /^from the other window$/m)
    await page.reload()
    await person.untilScreen('manual', /^from the other window$/m)
    await page.getByRole('button', { name: 'Leave full screen' }).click()
    await person.untilScreen('agent', /^agent 42$/m)

    await page.getByRole('button', { name: 'Add a terminal' }).click()
    await person.untilScreen('terminal-1', /\$/).catch(async () => person.untilScreen('terminal-2', /\$/))
  })
})

test('text is found in a terminal, and sessions on the dashboard', async () => {
  await withPerson(async (person, page) => {
    const mark = freshName('needle')
    const session = await api.session({ name: mark, multiplexer: 'none' })
    const other = await api.session()
    await api.type(session, 'agent', 'clear; for i in 1 2 3; do echo hay; echo nee""dle; done; seq 1 500\r')
    await person.logIn(`/sessions/${session.id}`)
    await person.untilScreen('agent', /^500$/m)
    await person.pane('agent').getByRole('button', { name: 'Terminal menu' }).click()
    await page.getByRole('menuitem', { name: /Find/ }).click()
    await page.getByLabel('Find in terminal').fill('needle')
    await person.until('three matches', () => page.getByText(/of 3$/).isVisible())
    await page.keyboard.press('Enter')
    await person.untilScreen('agent', /^needle$/m)
    await page.getByRole('button', { name: 'Close search' }).click()

    await page.goto('/')
    await card(page, mark).waitFor()
    await page.getByLabel('Search sessions').fill(mark.toUpperCase())
    await card(page, other.name).waitFor({ state: 'detached' })
    await card(page, mark).waitFor()
    assert.match(page.url(), /q=/, 'the search stands in the address')
    await page.reload()
    await card(page, mark).waitFor()
    assert.equal(await card(page, other.name).count(), 0)

    await page.keyboard.press('Control+k')
    await page.getByLabel('Search sessions and commands').fill(other.name)
    await page.keyboard.press('Enter')
    await page.waitForURL(new RegExp(other.id))
  })
})

test('a server that is killed under the open page comes back without a reload, with nothing lost or twice', async () => {
  await withServer({}, async (mortal) => {
    await withPerson(async (person, page) => {
      const session = await (await mortal.api()).session({ multiplexer: 'none' })
      await person.logIn(`/sessions/${session.id}`)
      await page.evaluate(() => (window.neverReloaded = true))
      await person.untilScreen('manual', /\$/)
      await person.type('manual', 'stty cols 100; echo pid $$')
      const [, pid] = await person.untilScreen('manual', /^pid (\d+)$/m)
      await person.type('manual', 'clear; for i in $(seq 1 250); do printf "%d," $i; sleep 0.02; done; echo; echo done')
      await person.untilScreen('manual', /,30,/)

      person.expectOutage()
      await mortal.kill()
      await person.until('the page to say that it reconnects', () => person.pane('manual').getByText(/Reconnecting/).isVisible())
      await person.until('the whole page to say so', () => page.locator('[data-live="lost"]').first().isVisible())
      await mortal.start()
      await person.untilScreen('manual', /^done$/m)
      await person.until('the pill to go', async () => (await page.locator('[data-connection]').count()) === 0)
      const digits = (await person.rows('manual')).join('')
      const expected = Array.from({ length: 250 }, (_, index) => `${index + 1},`).join('')
      assert.ok(digits.includes(expected), `nothing is lost and nothing comes twice:\n${await person.screen('manual')}`)
      await person.type('manual', 'echo again $$')
      const [, again] = await person.untilScreen('manual', /^again (\d+)$/m)
      assert.equal(again, pid, 'it is the same shell')
      await page.locator('[data-live="live"]').first().waitFor()
      assert.equal(await page.evaluate(() => window.neverReloaded), true, 'the page was not loaded anew')
    }, {}, mortal)
  })
})

test('a line that died without a word is noticed when the network comes back, and nothing is lost', async () => {
  const session = await api.session({ multiplexer: 'none' })
  await withPerson(async (person, page) => {
    const lines = []
    await page.routeWebSocket(/\/terminals\/manual\//, (socket) => {
      const line = { dead: false, lost: [] }
      const upstream = socket.connectToServer()
      socket.onMessage((message) => (line.dead ? line.lost.push(String(message)) : upstream.send(message)))
      upstream.onMessage((message) => line.dead || socket.send(message))
      lines.push(line)
    })
    await person.logIn(`/sessions/${session.id}`)
    await person.untilScreen('manual', /\$/)
    const line = lines.at(-1)
    line.dead = true
    await api.type(session, 'manual', 'echo written meanwhile\r')
    await page.evaluate(() => {
      window.dispatchEvent(new Event('online'))
      const clipboardData = new DataTransfer()
      clipboardData.setData('text/plain', 'PASTED')
      const pane = document.querySelector('[data-terminal="manual"] textarea')
      pane.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    })
    const pasted = () => line.lost.findIndex((message) => message.includes('PASTED'))
    await waitFor('what is pasted to go where all goes', () => pasted() >= 0)
    assert.ok(line.lost.slice(0, pasted()).includes('{"type":"ping"}'), `the page asked before: ${line.lost}`)
    await person.untilScreen('manual', /^written meanwhile$/m)
    await person.type('manual', 'echo typed again')
    await person.untilScreen('manual', /^typed again$/m)
  })
})

test('two people see the same terminal live', async () => {
  await withPerson(async (one) => {
    await withPerson(async (two) => {
      const session = await api.session()
      const path = `/sessions/${session.id}`
      await Promise.all([one.logIn(path), two.logIn(path)])
      await Promise.all([one.untilScreen('agent', /\$/), two.untilScreen('agent', /\$/)])
      await one.type('agent', 'echo written by one')
      await two.untilScreen('agent', /^written by one$/m)
      await two.type('agent', 'echo written by two')
      await one.untilScreen('agent', /^written by two$/m)
      await two.untilFits('agent')
      await one.until('both to be shown', () => one.pane('agent').getByLabel('2 people are looking').isVisible())
    }, { viewport: { width: 1000, height: 700 }, reducedMotion: 'reduce' })
  })
})

test('the dashboard follows what happens without a reload', async () => {
  await withPerson(async (person, page) => {
    await person.logIn('/')
    await page.locator('[data-live="live"]').first().waitFor()
    await page.evaluate(() => (window.neverReloaded = true))
    const session = await api.session()
    await card(page, session.name).locator('[data-status="running"]').waitFor()
    await api.post(`/api/sessions/${session.id}/stop`)
    await card(page, session.name).locator('[data-status="stopped"]').waitFor()
    await card(page, session.name).hover()
    await page.getByRole('button', { name: `Start ${session.name}` }).click()
    await card(page, session.name).locator('[data-status="running"]').waitFor()
    await page.getByRole('button', { name: `Actions for ${session.name}` }).click()
    await page.getByRole('menuitem', { name: 'Delete…' }).click()
    await page.getByRole('button', { name: 'Delete session' }).click()
    await card(page, session.name).waitFor({ state: 'detached' })
    assert.equal(await page.evaluate(() => window.neverReloaded), true)
  })
})

test('a phone gets keys that it lacks, and no page is too wide for it', async () => {
  await withPerson(async (person, page) => {
    const session = await api.session()
    await person.logIn('/')
    await card(page, session.name).getByRole('link').first().click()
    await person.untilScreen('agent', /\$/)
    const keys = page.getByRole('toolbar', { name: 'Terminal keys' })
    await keys.waitFor()
    await person.untilFits('agent')
    await person.type('agent', 'echo first')
    await person.untilScreen('agent', /^first$/m)
    await keys.getByRole('button', { name: 'Up', exact: true }).click()
    await person.untilScreen('agent', /^first\n.*\$ echo first$/m)
    await keys.getByRole('button', { name: 'Ctrl', exact: true }).click()
    await page.keyboard.type('c')
    // What is typed before cat reads is written by cat after what is echoed meanwhile.
    await person.type('agent', 'echo at work; cat')
    await person.untilScreen('agent', /^at work$/m)
    await page.keyboard.type('abc')
    await person.untilScreen('agent', /^abc$/m)
    await keys.getByRole('button', { name: 'Ctrl', exact: true }).click()
    await page.keyboard.type('c')
    await person.untilScreen('agent', /\^C/)
    await page.getByRole('tab', { name: 'manual' }).click()
    await person.untilScreen('manual', /\$/)

    const pages = ['/', '/new', `/sessions/${session.id}`, `/sessions/${session.id}?panel=details`, `/sessions/${session.id}/terminals/manual`, '/nowhere']
    for (const width of [390, 360]) {
      await page.setViewportSize({ width, height: 844 })
      for (const path of pages) {
        await page.goto(path)
        await page.waitForLoadState('networkidle')
        assert.equal(await person.sideways(), 0, `${path} at ${width} pixels can be scrolled to the side`)
      }
    }
  }, PHONE)
})

test('the appearance is chosen, kept, and follows the system otherwise', async () => {
  await withPerson(async (person, page) => {
    const brightness = () =>
      page.evaluate(() => {
        const canvas = document.createElement('canvas').getContext('2d')
        canvas.fillStyle = getComputedStyle(document.body).backgroundColor
        canvas.fillRect(0, 0, 1, 1)
        return canvas.getImageData(0, 0, 1, 1).data.slice(0, 3).reduce((sum, part) => sum + part, 0) / 3
      })
    const choose = async (name) => {
      await page.getByRole('button', { name: 'Account of admin' }).click()
      await page.getByRole('menuitemradio', { name }).click()
      await page.keyboard.press('Escape')
    }
    await person.logIn('/')
    assert.ok((await brightness()) < 80, 'the system is dark, so is the page')
    await choose('Light')
    await person.until('a light page', async () => (await brightness()) > 180)
    await page.reload()
    await page.getByRole('button', { name: 'Account of admin' }).waitFor()
    assert.ok((await brightness()) > 180, 'the choice is kept')
    await choose('As the system')
    await person.until('a dark page', async () => (await brightness()) < 80)
    await page.emulateMedia({ colorScheme: 'light' })
    await person.until('a light page again', async () => (await brightness()) > 180)
  })
})
