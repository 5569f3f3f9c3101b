// The times of a replay for people. Pure.

/** `0:07`, `12:34`, `1:02:03`. */
export function playTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const parts = whole < 3600 ? [Math.floor(whole / 60), whole % 60] : [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  return parts.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':')
}

/** The moment in words, for those who hear the page. */
export function spokenTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const parts: [number, string][] = [
    [Math.floor(whole / 3600), 'hour'],
    [Math.floor(whole / 60) % 60, 'minute'],
    [whole % 60, 'second'],
  ]
  const said = parts.filter(([count, noun]) => count > 0 || (noun === 'second' && whole === 0))
  return said.map(([count, noun]) => `${count} ${noun}${count === 1 ? '' : 's'}`).join(' ')
}

export function speedWords(speed: number): string {
  return `${speed}×`
}

/** What the recording is called when it is saved. */
export function castName(session: string, terminal: string): string {
  return `${session.replaceAll(/[^A-Za-z0-9._-]+/g, '-')}-${terminal}.cast`
}

const CLOCK = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

/** The time on the wall, from milliseconds since 1970. */
export function clockWords(milliseconds: number): string {
  return CLOCK.format(milliseconds)
}
