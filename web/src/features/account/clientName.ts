// What a program calls itself when it asks a server ("user agent"), in words for people: a rough guess, never a proof.

const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdg\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  // Others call themselves Chrome too, so it comes after them; and Chrome calls itself Safari.
  [/\b(?:Headless)?Chrom(?:e|ium)\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]
const SYSTEMS: readonly [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
]
/** Enough of an unknown name to tell it from another. */
const LONGEST = 60

export function clientName(agent: string): string {
  const browser = BROWSERS.find(([pattern]) => pattern.test(agent))?.[1]
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1]
  if (browser !== undefined) return system === undefined ? browser : `${browser} on ${system}`
  const program = agent.trim()
  if (program === '') return 'Unknown program'
  return program.length > LONGEST ? `${program.slice(0, LONGEST)}…` : program
}

/** Whether it is one that is held in the hand. */
export function isHandheld(agent: string): boolean {
  return /\b(?:iPhone|Android|Mobile)\b/.test(agent)
}
