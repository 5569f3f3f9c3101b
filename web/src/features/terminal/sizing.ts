// Whose size counts. The one who types or focuses drives: their window sets the terminal's size for everybody; the
// others show that size scaled down. A pure decision, so that it can be tested without a screen.
import type { Size } from './protocol'

export interface Sizing {
  /** What the server last said the terminal has. */
  readonly server: Size | null
  /** What would fill our window at the chosen font size. */
  readonly fits: Size | null
  /** Sizes that we asked for and the server has not yet answered, oldest first. */
  readonly asked: readonly Size[]
  readonly driving: boolean
}

export const initialSizing: Sizing = { server: null, fits: null, asked: [], driving: false }

/** More answers than this are never outstanding; a server that answers none is not waited for. */
const MOST_ASKED = 32

export interface Decision {
  sizing: Sizing
  /** What to ask the server for. */
  ask: Size | null
}

/** Our window changed. */
export function windowFits(sizing: Sizing, fits: Size): Decision {
  return decide({ ...sizing, fits })
}

/** A person typed here, or put the focus here, or nobody else looks. */
export function takeWheel(sizing: Sizing): Decision {
  return decide({ ...sizing, driving: true })
}

/** The server told a size. One that we did not ask for means that somebody else drives now. */
export function serverSays(sizing: Sizing, server: Size): Decision {
  const answered = sizing.asked.findIndex((size) => same(size, server))
  if (answered >= 0) return decide({ ...sizing, server, asked: sizing.asked.slice(answered + 1) })
  const mine = sizing.fits !== null && same(sizing.fits, server)
  const first = sizing.server === null
  return decide({ ...sizing, server, driving: sizing.driving && (mine || first) })
}

/** A new connection: earlier questions will not be answered. */
export function forgetQuestions(sizing: Sizing): Sizing {
  return { ...sizing, asked: [], server: null }
}

/** The size that the terminal is drawn with. */
export function drawn(sizing: Sizing): Size | null {
  return sizing.driving ? (sizing.fits ?? sizing.server) : (sizing.server ?? sizing.fits)
}

/** How much smaller than chosen the letters must be for the drawn size to fit our window; at most 1. */
export function scale(sizing: Sizing): number {
  const size = drawn(sizing)
  if (size === null || sizing.fits === null) return 1
  return Math.min(1, sizing.fits.cols / size.cols, sizing.fits.rows / size.rows)
}

function decide(sizing: Sizing): Decision {
  const { fits, driving } = sizing
  if (!driving || fits === null || sizing.server === null) return { sizing, ask: null }
  const expected = sizing.asked.at(-1) ?? sizing.server
  if (same(expected, fits)) return { sizing, ask: null }
  return { sizing: { ...sizing, asked: [...sizing.asked, fits].slice(-MOST_ASKED) }, ask: fits }
}

function same(a: Size, b: Size): boolean {
  return a.cols === b.cols && a.rows === b.rows
}
