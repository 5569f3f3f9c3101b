// Puts the page together: query cache, live connection, router; and follows login and logout.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { auth } from './api/browserAuth'
import { methodsQuery } from './api/people'
import { ApiError } from './api/problem'
import { followViewport } from './features/appearance/viewport'
import { reportUncaught } from './features/errors/reportError'
import { Live } from './features/live/live'
import { LiveContext } from './features/live/useLive'
import { loginSearch, makeRouter } from './router'
import { Toasts } from './ui/Toasts'
import './styles.css'

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server refused it refuses again; only a server that does not answer is asked once more.
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.problem.status >= 400 && error.problem.status < 500),
    },
  },
})
const live = new Live(queries, { token: () => auth.accessToken(), doubt: () => auth.doubt() })
const router = makeRouter(queries)

/** Pages for people who are not logged in. */
const ENTRANCES = ['/login', '/setup']
let user: string | null = null

auth.subscribe(() => {
  const now = auth.user()?.id ?? null
  if (now === user && auth.state().kind !== 'signedOut') return
  user = now
  if (now === null) {
    live.stop()
    void leaveForLogin()
  } else {
    live.start()
  }
})

async function leaveForLogin(): Promise<void> {
  const { href, pathname } = router.state.location
  if (!ENTRANCES.includes(pathname)) await router.navigate({ to: '/login', search: loginSearch(href) })
  // Only now does nothing on the page ask for what is forgotten here. How one can log in is nobody's secret, and what the page
  // that was just opened is asking for.
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== methodsQuery.queryKey[0] })
  queries.getMutationCache().clear()
}

reportUncaught()
followViewport()

const container = document.querySelector('#root')
if (container === null) throw new Error('the page has no #root')
createRoot(container).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <LiveContext value={live}>
        <RouterProvider router={router} />
        <Toasts />
      </LiveContext>
    </QueryClientProvider>
  </StrictMode>,
)
