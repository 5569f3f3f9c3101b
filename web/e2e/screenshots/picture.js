// Taking one picture: when the page is ready, its letters are there and nothing moves.
//
// Without an argument the pictures of the guides are taken, into `docs/screenshots`. With a directory as argument every page is
// taken into it, on a desktop and on a phone, in dark and in light colours, for whoever changed how they look.
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Person, PHONE } from '../harness/browser.js'

const [elsewhere] = process.argv.slice(2)
const DIRECTORY = resolve(elsewhere ?? join(import.meta.dirname, '../../../docs/screenshots'))
/** Whether every page is taken, not only those that the guides show. */
export const EVERYTHING = elsewhere !== undefined
export const DESKTOP = { viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1.5, reducedMotion: 'reduce', locale: 'en-GB' }
export const POCKET = { ...PHONE, reducedMotion: 'reduce', locale: 'en-GB' }

/** How pages are looked at; the guides take the first. */
const LOOKS = [
  { prefix: '', suffix: '', options: DESKTOP },
  { prefix: '', suffix: '-light', options: { ...DESKTOP, colorScheme: 'light' } },
  { prefix: 'phone-', suffix: '', options: POCKET },
  { prefix: 'phone-', suffix: '-light', options: { ...POCKET, colorScheme: 'light' } },
]

mkdirSync(DIRECTORY, { recursive: true })

export async function picture(page, name, ready) {
  await ready
  await page.evaluate(() => document.fonts.ready)
  // Two frames, so that what was just changed is drawn.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
  await page.screenshot({ path: join(DIRECTORY, `${name}.png`), animations: 'disabled', caret: 'hide' })
}

/**
 * Pictures of several pages, each by its name with the function that leads there. `guides` names those that the guides show;
 * they are taken on a desktop in dark colours. `arrive` logs in, where that is needed.
 */
export async function pictures(browser, server, { guides, arrive = async () => {}, pages }) {
  for (const { prefix, suffix, options } of EVERYTHING ? LOOKS : LOOKS.slice(0, 1)) {
    const person = await Person.arrive(browser, server, options)
    person.expectRefusals()
    await arrive(person)
    for (const [name, open] of Object.entries(pages(person.page, person))) {
      if (EVERYTHING || guides.includes(name)) await picture(person.page, `${prefix}${name}${suffix}`, open())
    }
    await person.leave()
  }
}
