// Ports of a container that are to be reached on the server's machine: the server's own rule, so that a mistake shows at its row.
import type { CreateSession, ServerConfig } from '../../api/types'

/** A row of the table of ports; an empty number on the machine means any that is free. */
export interface PortRow {
  container: string
  host: string
}

/** As many as the server takes. */
const MOST = 16

type Ports = NonNullable<CreateSession['ports']>

/** The rows that somebody filled in, as the server reads them. */
export function readPorts(rows: readonly PortRow[]): Ports {
  return filledIn(rows).map(({ container, host }) => ({ container: Number(container), ...(host === '' ? {} : { host: Number(host) }) }))
}

/** What is wrong with the rows; `null` where nothing is. */
export function portsError(rows: readonly PortRow[], publish: ServerConfig['publish']): string | null {
  const filled = filledIn(rows)
  if (filled.length > MOST) return `At most ${MOST} ports.`
  const [first = 0, last = 0] = (publish?.range ?? '').split('-').map(Number)
  for (const { container, host } of filled) {
    if (!isNumber(container, 1, 65_535)) return 'A port of the session is a number from 1 to 65535.'
    if (host !== '' && !isNumber(host, first, last)) return `A port of the machine is one of ${first}–${last}, or left empty.`
  }
  return twice(filled.map((row) => row.container)) ?? twice(filled.map((row) => row.host).filter((host) => host !== ''))
}

function filledIn(rows: readonly PortRow[]): PortRow[] {
  return rows.filter((row) => row.container !== '' || row.host !== '')
}

function isNumber(text: string, least: number, most: number): boolean {
  return /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most
}

function twice(numbers: readonly string[]): string | null {
  const found = numbers.find((number, index) => numbers.indexOf(number) !== index)
  return found === undefined ? null : `${found} stands there twice.`
}
