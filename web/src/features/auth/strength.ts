// A rough hint of how well a password resists guessing. Only a hint: the server decides what it accepts.

export interface Strength {
  /** 0 (refused or trivial) to 4 (long and varied). */
  score: 0 | 1 | 2 | 3 | 4
  hint: string
}

/** The server accepts nothing shorter. */
export const SHORTEST_PASSWORD = 8

const COMMON = /password|passwort|qwerty|letmein|longhouse|admin|12345|iloveyou/i

export function passwordStrength(password: string): Strength {
  if (password === '') return { score: 0, hint: `At least ${SHORTEST_PASSWORD} characters. A few random words work well.` }
  if (password.length < SHORTEST_PASSWORD) {
    return { score: 0, hint: `${SHORTEST_PASSWORD - password.length} more characters needed.` }
  }
  const distinct = new Set(password).size
  if (COMMON.test(password) || distinct < 5) return { score: 1, hint: 'Easy to guess: too common or too repetitive.' }
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(password)).length
  const points = password.length + kinds * 2 + Math.min(distinct, 12)
  if (points < 24) return { score: 2, hint: 'Fair. Longer is better.' }
  return points < 34 ? { score: 3, hint: 'Good.' } : { score: 4, hint: 'Strong.' }
}
