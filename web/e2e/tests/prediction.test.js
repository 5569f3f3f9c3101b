// Typing over a slow line, in a real browser: what is typed is on the screen before its echo, and what is not to be seen never is.
// The line is held up between the page and the server, where the test lets it through; nothing here depends on how fast anything is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshName } from '../harness/api.js'
import { withPersonAt } from '../harness/browser.js'
import { openHouse } from '../harness/house.js'

/** How long everything takes on its way to the page, milliseconds; what is sent there waits no less. */
const ONE_WAY_MS = 100

const { browser, server, api } = await openHouse()

/** A line that takes its time both ways, and can be held up. */
class SlowLine {
  #held = null
  #forward = []

  static async before(page) {
    const line = new SlowLine()
    await page.routeWebSocket(/\/terminals\/manual\//, (socket) => {
      const upstream = socket.connectToServer()
      socket.onMessage((message) => setTimeout(() => upstream.send(message), ONE_WAY_MS))
      upstream.onMessage((message) => setTimeout(() => line.#pass(() => socket.send(message)), ONE_WAY_MS))
    })
    return line
  }
  #pass(deliver) {
    if (this.#held === null) deliver()
    else this.#forward.push(deliver)
  }
  /** From now on nothing comes to the page. */
  hold() {
    this.#held = true
  }
  release() {
    this.#held = null
    for (const deliver of this.#forward.splice(0)) deliver()
  }
}

/** In the page: keeps what was ever foretold, and what the terminal showed of its own then. */
function writeDown() {
  window.foretold = []
  const note = () => {
    const overlay = document.querySelector('.predicted-echo')
    if (overlay === null) return
    const underlined = [...overlay.children].some((cell) => getComputedStyle(cell).textDecorationLine === 'underline')
    const screen = document.querySelector('.xterm-rows').textContent.replaceAll('\u00a0', ' ')
    window.foretold.push({ text: overlay.dataset.text, underlined, screen })
  }
  new MutationObserver(note).observe(document.querySelector('.xterm-screen'), { childList: true })
}

/** A person in front of the terminal of a session, with a slow line. */
async function withTypist(use) {
  const session = await api.session({ name: freshName('typing'), multiplexer: 'none' })
  await api.untilScreen(session, 'manual', /\$/)
  await withPersonAt(browser, server, async (person, page) => {
    const line = await SlowLine.before(page)
    await person.logIn(`/sessions/${session.id}/terminals/manual`)
    await person.untilScreen('manual', /\$/)
    await person.pane('manual').locator('.xterm-screen').click()
    await page.evaluate(writeDown)
    const predicted = () => page.evaluate(() => document.querySelector('.predicted-echo')?.dataset.text ?? '')
    /** Whether this was foretold, on a screen that did not show it by itself. */
    const wasPredicted = (text) =>
      page.evaluate((wanted) => window.foretold.some(({ text, underlined, screen }) => text === wanted && underlined && !screen.includes(wanted)), text)
    await use({ person, page, line, predicted, wasPredicted, session })
  })
}

test('over a slow line what is typed is shown before its echo, underlined, and confirmed by it', async () => {
  await withTypist(async ({ person, page, line, predicted, wasPredicted }) => {
    await page.keyboard.type('echo')
    await person.untilScreen('manual', /\$ echo/)
    line.hold()
    await page.keyboard.type(' hello')
    await page.keyboard.press('Backspace')
    line.release()
    await person.untilScreen('manual', /\$ echo hell$/m)
    await person.until('nothing to be foretold', async () => (await predicted()) === '')
    for (const text of [' h', ' hello', ' hell']) assert.ok(await wasPredicted(text), `${text} was foretold`)
    await page.keyboard.press('Enter')
    await person.untilScreen('manual', /^hell$/m)
  })
})

test('a password, and what is typed into a full-screen program, is never foretold', async () => {
  await withTypist(async ({ person, page, line, session }) => {
    await page.keyboard.type('stty -echo; echo asked; read word; stty echo; echo "word: ${#word}"')
    await api.untilScreen(session, 'manual', /\$\{#word\}"/)
    await page.keyboard.press('Enter')
    // Until then the line is still the shell's own, to which Enter is another character than to `read`.
    await person.untilScreen('manual', /^asked$/m)
    await page.evaluate(() => void window.foretold.splice(0))
    line.hold()
    await page.keyboard.type('qzxj')
    line.release()
    await page.keyboard.press('Enter')
    await person.untilScreen('manual', /word: 4/)
    const seen = (letters) => page.evaluate((wanted) => window.foretold.some(({ text }) => wanted.some((part) => text.includes(part))), letters)
    assert.equal(await seen(['q', 'z', 'x', 'j']), false, 'nothing of the word was ever foretold')

    // The other screen, on which everything typed is echoed.
    await page.keyboard.type("printf '\\033[?1049hready\\n'; cat")
    await page.keyboard.press('Enter')
    await person.untilScreen('manual', /^ready$/m)
    await page.keyboard.type('some')
    await person.untilScreen('manual', /some/)
    await page.keyboard.type('thing')
    await person.untilScreen('manual', /something/)
    assert.equal(await seen(['th', 'hi', 'ng']), false, 'nor on the other screen')
  })
})

test('what was foretold wrongly goes when the echo says otherwise', async () => {
  await withTypist(async ({ person, page, line, predicted, wasPredicted }) => {
    // From here on the terminal shows capital letters for small ones.
    await page.keyboard.type('echo x; stty olcuc')
    await person.untilScreen('manual', /olcuc/)
    await page.keyboard.press('Enter')
    await person.untilScreen('manual', /^x$/im)
    await page.keyboard.type('123')
    await person.untilScreen('manual', /123/)
    line.hold()
    await page.keyboard.type('abc')
    line.release()
    await person.untilScreen('manual', /123ABC/)
    await person.until('nothing to be foretold', async () => (await predicted()) === '')
    assert.ok(await wasPredicted('abc'))
  })
})
