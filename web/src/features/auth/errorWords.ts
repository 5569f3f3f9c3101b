// What went wrong with a login that led through another page, by the code that stands in the address.

const WORDS: Record<string, string> = {
  'auth.disabled': 'This account is disabled. An administrator can enable it again.',
  'auth.no_account': 'The provider knows you, but this house does not let you in. Ask an administrator.',
  'auth.oidc_invalid': 'The provider’s answer did not fit the login that was begun here. Please try again.',
  'auth.oidc_not_allowed': 'The provider knows you, but none of your groups or domains is let in here. Ask an administrator.',
  'auth.oidc_refused': 'The provider did not let that login through. Please try again.',
  'auth.oidc_state': 'That login was begun in another browser, or too long ago. Please try again.',
  'auth.oidc_unavailable': 'The provider does not answer. Please try again in a moment.',
  'database.unavailable': 'The server cannot reach its database. Please try again in a moment.',
  'user.last_admin': 'The provider would make the last administrator something less, so nothing was changed. Ask whoever looks after it.',
}
const OTHERWISE = 'That login did not work. Please try again.'

/** A sentence for the code; a code that this page does not know gets the general one. */
export function loginErrorWords(code: string): string {
  return WORDS[code] ?? OTHERWISE
}
