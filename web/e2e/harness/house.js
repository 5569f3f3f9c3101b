// What most tests of the page begin with: one browser and one server for all of a file, closed when its tests are through.
import { after } from 'node:test'
import { launch } from './browser.js'
import { Server } from './server.js'

export async function openHouse(options = {}) {
  const open = []
  after(async () => {
    for (const one of open.toReversed()) await one.close()
  })
  const browser = await launch()
  open.push(browser)
  const server = await Server.start(options)
  open.push(server)
  return { browser, server, api: await server.api() }
}
