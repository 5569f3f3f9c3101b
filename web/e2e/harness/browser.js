// A real Chromium, driven through Playwright. Every page is watched: an error on its console, an uncaught exception, a broken
// content security policy or a request to anybody else fails the test at its end.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { PASSWORD } from './server.js'
import { waitFor } from './wait.js'

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }

/** Before anybody is logged in the page asks whether there is a login; that it says no is an answer. */
const NOT_LOGGED_IN = /\/api\/auth\/refresh.*\b401\b|\b401\b.*\/api\/auth\/refresh/
/** What browsers themselves print about a server that is away. */
const AWAY = /net::ERR_|WebSocket connection to .* failed|WebSocket is closed before/

/** What they print about an answer that is a refusal. */
const REFUSED = /the server responded with a status of 4\d\d|WebSocket connection to .* failed/

export async function launch(flags = []) {
  const executablePath = process.env.LONGHOUSE_CHROMIUM ?? PROGRAMS.find(existsSync)
  assert.ok(executablePath, 'no Chromium is installed: run cargo xtask test --only setup')
  return chromium.launch({ executablePath, args: [...FLAGS, ...flags], chromiumSandbox: false })
}

/** One person at one browser: a context of its own, with one page. */
export class Person {
  /** What must not happen; empty at the end of every test. */
  #complaints = []
  #serverMayBeAway = false
  #mayBeRefused = false
  #origins = new Set()

  static async arrive(browser, server, options = {}) {
    const person = new Person()
    person.server = server
    person.mayVisit(server.url)
    person.context = await browser.newContext({ baseURL: server.url, colorScheme: 'dark', viewport: { width: 1280, height: 800 }, ...options })
    await person.context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`content security policy: ${event.violatedDirective} forbids ${event.blockedURI}`)
      })
    })
    person.context.on('request', (request) => {
      const { origin, protocol } = new URL(request.url())
      if (!person.#origins.has(origin) && !['data:', 'blob:'].includes(protocol)) person.#complaints.push(`a request to ${request.url()}`)
    })
    person.page = await person.open()
    return person
  }

  /** A further page in the same browser. */
  async open() {
    const page = await this.context.newPage()
    page.setDefaultTimeout(20_000)
    page.on('console', (message) => {
      const text = `${message.text()} (${message.location().url})`
      if (message.type() !== 'error' || NOT_LOGGED_IN.test(text)) return
      if ((this.#serverMayBeAway && AWAY.test(text)) || (this.#mayBeRefused && REFUSED.test(text))) return
      this.#complaints.push(`on the console: ${text}`)
    })
    page.on('pageerror', (error) => this.#complaints.push(`an uncaught ${error.stack ?? error}`))
    return page
  }

  /** The way of this person leads there too, so that requests to it are no complaint. */
  mayVisit(origin) {
    this.#origins.add(origin)
  }

  /** From now on the server is killed on purpose: that it does not answer is no complaint. */
  expectOutage() {
    this.#serverMayBeAway = true
  }

  /** From now on the server refuses this person on purpose: what browsers print about that is no complaint. */
  expectRefusals() {
    this.#mayBeRefused = true
  }

  async logIn(path = '/', { username = 'admin', password = PASSWORD } = {}) {
    await this.page.goto(path)
    await this.page.getByLabel('User name').fill(username)
    await this.page.getByLabel('Password', { exact: true }).fill(password)
    await this.page.getByRole('button', { name: 'Log in', exact: true }).click()
    // Not the button: that one is called something else as soon as it is clicked, and who leaves then is not logged in.
    await this.page.getByLabel('User name').waitFor({ state: 'detached' })
  }

  pane(terminal, page = this.page) {
    return page.locator(`[data-terminal="${terminal}"]`)
  }

  /** The rows that a terminal shows. */
  async rows(terminal, page = this.page) {
    const texts = await this.pane(terminal, page).locator('.xterm-rows > div').allTextContents()
    return texts.map((text) => text.replaceAll('\u00a0', ' ').trimEnd())
  }

  async screen(terminal, page = this.page) {
    return (await this.rows(terminal, page)).join('\n').trimEnd()
  }

  /** Waits until a terminal fills its pane without being cut off, its letters drawn at their own width. */
  async untilFits(terminal, page = this.page) {
    const measure = () =>
      this.pane(terminal, page).evaluate((pane) => {
        const screen = pane.querySelector('.xterm-screen').getBoundingClientRect()
        const room = pane.querySelector('.xterm').parentElement.getBoundingClientRect()
        const spacing = Math.abs(parseFloat(getComputedStyle(pane.querySelector('.xterm-rows')).letterSpacing))
        return { wide: room.width - screen.width, high: room.height - screen.height, top: screen.top - room.top, spacing }
      })
    const fits = async () => {
      const { wide, high, top, spacing } = await measure()
      return wide >= 0 && wide < 40 && high >= 0 && high < 40 && top >= 0 && spacing < 0.2
    }
    return waitFor(`the terminal ${terminal} to fit its pane`, fits, { show: async () => JSON.stringify(await measure()) })
  }

  async type(terminal, text, page = this.page) {
    await this.pane(terminal, page).locator('.xterm-screen').click()
    await page.keyboard.type(text)
    await page.keyboard.press('Enter')
  }

  async untilScreen(terminal, pattern, page = this.page) {
    return waitFor(`${pattern} in the terminal ${terminal}`, async () => pattern.exec(await this.screen(terminal, page)), {
      show: async () => `${page.url()}\nthe terminal:\n${await this.screen(terminal, page).catch(() => '(none)')}\nthe page:\n${await page.locator('body').innerText()}`,
    })
  }

  /** Waits for something on the page; the error shows the page's text. */
  async until(what, condition, page = this.page) {
    return waitFor(what, condition, { show: async () => `${page.url()}\n${await page.locator('body').innerText()}` })
  }

  /** How far the page, its main part or a dialog can be scrolled to the side or is cut off there, in CSS pixels. */
  sideways(page = this.page) {
    return page.evaluate(() => {
      const wholes = [document.documentElement, ...document.querySelectorAll('main, [role="dialog"]')]
      return Math.max(...wholes.map((element) => element.scrollWidth - element.clientWidth))
    })
  }

  async leave() {
    await this.context.close()
    assert.deepEqual(this.#complaints, [], 'the page has nothing to complain about')
  }
}

/** Runs `use` with a person at a browser of their own, and asks at the end whether the page had anything to complain about. */
export async function withPersonAt(browser, server, use, options = {}) {
  const person = await Person.arrive(browser, server, options)
  let failure
  try {
    await use(person, person.page)
  } catch (error) {
    failure = error
  }
  try {
    await person.leave()
  } catch (error) {
    if (failure === undefined) throw error
    failure.message += `\n${error.message}`
  }
  if (failure !== undefined) throw failure
}
