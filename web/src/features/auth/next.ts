// Where to go after login. Only a path of this page: `//elsewhere`, `/\elsewhere` and full addresses lead astray.

export function safeNext(value: unknown): string {
  if (typeof value !== 'string' || !value.startsWith('/')) return '/'
  const base = 'http://page.invalid'
  if (!URL.canParse(value, base)) return '/'
  const url = new URL(value, base)
  if (url.origin !== base || url.pathname.startsWith('//')) return '/'
  return url.pathname.startsWith('/login') ? '/' : `${url.pathname}${url.search}${url.hash}`
}

/** Where a login by way of a provider begins; it comes back to `next`. */
export function providerUrl(url: string, next: string | undefined): string {
  const back = safeNext(next)
  return back === '/' ? url : `${url}${url.includes('?') ? '&' : '?'}next=${encodeURIComponent(back)}`
}
