// Taking one picture: when the page is ready, its letters are there and nothing moves.
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

const DIRECTORY = resolve(import.meta.dirname, '../../../docs/screenshots')
export const DESKTOP = { viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1.5, reducedMotion: 'reduce' }

mkdirSync(DIRECTORY, { recursive: true })

export async function picture(page, name, ready) {
  await ready
  await page.evaluate(() => document.fonts.ready)
  // Two frames, so that what was just changed is drawn.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
  await page.screenshot({ path: join(DIRECTORY, `${name}.png`), animations: 'disabled', caret: 'hide' })
}
