// Scrolling a terminal with a finger, which xterm.js does not know. Here stands only what a swipe means; who scrolls is told
// in pixels.

export interface Swipe {
  /** Where the finger was last, in CSS pixels, and when, in milliseconds. */
  readonly y: number
  readonly at: number
  readonly startY: number
  readonly moving: boolean
  /** Pixels a millisecond, smoothed; positive is towards later lines. */
  readonly speed: number
}

/** A finger that moved less than this, in CSS pixels, is a tap. */
const TAP_PIXELS = 8
/** How much of the speed is left after a millisecond of coasting. */
const FRICTION = 0.996
/** Slower than this, in pixels a millisecond, is standing still. */
const STANDING = 0.03

/** The finger is now at `point`. Answers how far to scroll. */
export function swipe(before: Swipe | null, point: { y: number; at: number }): { state: Swipe; scroll: number } {
  if (before === null) return { state: { ...point, startY: point.y, moving: false, speed: 0 }, scroll: 0 }
  const moving = before.moving || Math.abs(point.y - before.startY) > TAP_PIXELS
  const from = before.moving ? before.y : before.startY
  const scroll = moving ? from - point.y : 0
  const now = (before.y - point.y) / Math.max(point.at - before.at, 1)
  return { state: { ...before, ...point, moving, speed: before.speed * 0.7 + now * 0.3 }, scroll }
}

/** Where the finger is, in CSS pixels of the window. */
export interface Point {
  clientX: number
  clientY: number
}

/** Listens until `signal` says otherwise. `scroll` is told pixels, positive towards later lines. */
export function scrollByTouch(element: HTMLElement, scroll: (pixels: number, at: Point) => void, signal: AbortSignal): void {
  let state: Swipe | null = null
  let frame = 0
  const coast = (speed: number, last: number, touch: Point): void => {
    frame = requestAnimationFrame((now) => {
      const passed = now - last
      const slower = speed * FRICTION ** passed
      if (Math.abs(slower) < STANDING || signal.aborted) return
      scroll(slower * passed, touch)
      coast(slower, now, touch)
    })
  }
  element.addEventListener(
    'touchstart',
    ({ touches, timeStamp }) => {
      cancelAnimationFrame(frame)
      const [touch] = touches
      state = touch === undefined || touches.length > 1 ? null : swipe(null, { y: touch.clientY, at: timeStamp }).state
    },
    { passive: true, signal },
  )
  element.addEventListener(
    'touchmove',
    (event) => {
      const [touch] = event.touches
      if (touch === undefined || state === null || event.touches.length > 1) return
      const next = swipe(state, { y: touch.clientY, at: event.timeStamp })
      state = next.state
      if (!state.moving) return
      event.preventDefault()
      scroll(next.scroll, touch)
    },
    { passive: false, signal },
  )
  element.addEventListener(
    'touchend',
    ({ changedTouches, timeStamp }) => {
      const [touch] = changedTouches
      const rested = state === null || timeStamp - state.at > 60
      if (touch !== undefined && state?.moving === true && !rested) coast(state.speed, performance.now(), touch)
      state = null
    },
    { passive: true, signal },
  )
}
