// What may stand in a list of hosts that a session reaches: the server's own rule, so that a mistake shows at its line. Whether
// an address may be listed by this person, the server says.

/** As many entries as the server takes. */
const MOST = 256
const LONGEST_NAME = 253

const HOST = 'a host, *.host, an address or a range of addresses, each with an optional :port'

/** The entries, one per line; empty lines count for nothing. */
export function readHosts(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** What is wrong with the list; `null` where nothing is. */
export function hostsError(text: string): string | null {
  const entries = readHosts(text)
  if (entries.length > MOST) return `At most ${MOST} hosts.`
  for (const entry of entries) {
    const wrong = entryError(entry)
    if (wrong !== null) return `“${entry}” ${wrong}`
  }
  return null
}

function entryError(entry: string): string | null {
  if (isV6(entry)) return null
  const { host, port } = cutPort(entry)
  if (port !== null && !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)) return 'needs a port from 1 to 65535 after the colon.'
  if (host.startsWith('*.')) return nameError(host.slice(2))
  const slash = host.indexOf('/')
  if (slash === -1) return hostError(host)
  const [address, bits] = [host.slice(0, slash), host.slice(slash + 1)]
  const most = isV4(address) ? 32 : isV6(bare(address)) ? 128 : null
  if (most === null) return hostError(address) ?? `is not ${HOST}.`
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? null : `needs a prefix length of 0 to ${most} after the slash.`
}

/** Cuts `:port` off. An IPv6 address needs its brackets where something follows. */
function cutPort(entry: string): { host: string; port: string | null } {
  const colon = entry.lastIndexOf(':')
  const port = entry.slice(colon + 1)
  return colon === -1 || /[\]/]/.test(port) ? { host: entry, port: null } : { host: entry.slice(0, colon), port }
}

function hostError(host: string): string | null {
  if (isV4(host) || isV6(bare(host))) return null
  return host.startsWith('[') ? 'is no address.' : nameError(host)
}

function nameError(host: string): string | null {
  const name = host.replace(/\.$/, '')
  // oxlint-disable-next-line no-control-regex
  if (!/^[\x00-\x7f]*$/.test(name)) return 'has to be written in ASCII: a name in another script begins with xn--.'
  const labels = name.split('.')
  if (name.length > LONGEST_NAME || !labels.every((label) => /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/.test(label))) return `is not ${HOST}.`
  // Some programs read a name that ends in a number as an address.
  return /^(?:\d+|0x.*)$/i.test(labels.at(-1) ?? '') ? 'is no address in its usual form: four decimal numbers, or IPv6.' : null
}

function bare(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}

function isV4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
}

function isV6(text: string): boolean {
  return /^[0-9a-f:.]+$/i.test(text) && text.includes(':') && URL.canParse(`http://[${text}]/`)
}
