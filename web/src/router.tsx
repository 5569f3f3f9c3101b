// All addresses of the page, grouped by who may see them. Pages load when they are first visited.
import type { QueryClient } from '@tanstack/react-query'
import { Outlet, createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { auth } from './api/browserAuth'
import { meQuery, methodsQuery } from './api/people'
import { configQuery, sessionQuery, sessionsQuery } from './api/queries'
import { repositoriesQuery } from './api/repositories'
import { connect } from './features/account/connect'
import { readProviderAnswer } from './features/account/identities'
import { readAuditSearch } from './features/audit/auditSearch'
import { safeNext } from './features/auth/next'
import { readReplaySearch } from './features/recording/replaySearch'
import { readDashboardSearch } from './features/sessions/filters'
import { readSessionSearch } from './features/sessions/sessionSearch'
import { Authed } from './pages/Authed'
import { ErrorPage } from './pages/ErrorPage'
import { NotFoundPage } from './pages/NotFoundPage'
import { PendingPage } from './pages/PendingPage'
import { Shell } from './pages/Shell'

interface Context {
  queries: QueryClient
}

const root = createRootRouteWithContext<Context>()({ component: Outlet })

// Anybody.
const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search: Record<string, unknown>): { next?: string; error?: string } => {
    const next = safeNext(search['next'])
    const error = search['error']
    return { ...(next === '/' ? {} : { next }), ...(typeof error === 'string' ? { error } : {}) }
  },
  loader: ({ context }) => void context.queries.prefetchQuery(methodsQuery),
  component: lazyRouteComponent(() => import('./pages/LoginPage'), 'LoginPage'),
})
const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  validateSearch: (search: Record<string, unknown>): { token: string } => ({
    // The router reads a token of digits as a number.
    token: typeof search['token'] === 'string' || typeof search['token'] === 'number' ? String(search['token']) : '',
  }),
  component: lazyRouteComponent(() => import('./pages/SetupPage'), 'SetupPage'),
})

// Whoever is logged in.
const authed = createRoute({
  getParentRoute: () => root,
  id: '_authed',
  beforeLoad: async ({ location }) => {
    const token = await auth.accessToken()
    if (token === null) throw redirect({ to: '/login', search: loginSearch(location.href) })
  },
  component: Authed,
})
const shell = createRoute({ getParentRoute: () => authed, id: '_shell', component: Shell })
const dashboard = createRoute({
  getParentRoute: () => shell,
  path: '/',
  validateSearch: readDashboardSearch,
  loader: ({ context }) => void context.queries.prefetchQuery(sessionsQuery),
  component: lazyRouteComponent(() => import('./pages/DashboardPage'), 'DashboardPage'),
})
const create = createRoute({
  getParentRoute: () => shell,
  path: '/new',
  loader: ({ context }) => Promise.all([context.queries.ensureQueryData(configQuery), context.queries.ensureQueryData(meQuery)]).then(() => null),
  component: lazyRouteComponent(() => import('./pages/NewSessionPage'), 'NewSessionPage'),
})
const session = createRoute({
  getParentRoute: () => shell,
  path: '/sessions/$id',
  validateSearch: readSessionSearch,
  loader: ({ context, params }) => void context.queries.prefetchQuery(sessionQuery(params.id)),
  component: lazyRouteComponent(() => import('./pages/SessionPage'), 'SessionPage'),
})
const repositories = createRoute({
  getParentRoute: () => shell,
  path: '/repositories',
  loader: ({ context }) => void context.queries.prefetchQuery(repositoriesQuery),
  component: lazyRouteComponent(() => import('./pages/RepositoriesPage'), 'RepositoriesPage'),
})
const profile = createRoute({
  getParentRoute: () => shell,
  path: '/profile',
  // A provider's page leads back here, with its answer behind the `#`. That goes from the address as soon as it is read.
  loader: async ({ context, location }) => {
    const answer = readProviderAnswer(location.hash)
    if (answer === null) return
    await connect(answer, context.queries)
    throw redirect({ to: '/profile', replace: true })
  },
  component: lazyRouteComponent(() => import('./pages/ProfilePage'), 'ProfilePage'),
})

// Administrators; the page says so to everybody else.
const admin = createRoute({
  getParentRoute: () => shell,
  path: '/admin',
  component: lazyRouteComponent(() => import('./pages/AdminPage'), 'AdminPage'),
})
const adminIndex = createRoute({
  getParentRoute: () => admin,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/admin/users', replace: true })
  },
})
const users = createRoute({
  getParentRoute: () => admin,
  path: '/users',
  component: lazyRouteComponent(() => import('./pages/UsersPage'), 'UsersPage'),
})
const allSessions = createRoute({
  getParentRoute: () => admin,
  path: '/sessions',
  validateSearch: readDashboardSearch,
  component: lazyRouteComponent(() => import('./pages/AllSessionsPage'), 'AllSessionsPage'),
})
const audit = createRoute({
  getParentRoute: () => admin,
  path: '/audit',
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(() => import('./pages/AuditPage'), 'AuditPage'),
})
const settings = createRoute({
  getParentRoute: () => admin,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/SettingsPage'), 'SettingsPage'),
})

const terminal = createRoute({
  getParentRoute: () => authed,
  path: '/sessions/$id/terminals/$name',
  loader: ({ context, params }) => void context.queries.prefetchQuery(sessionQuery(params.id)),
  component: lazyRouteComponent(() => import('./pages/TerminalPage'), 'TerminalPage'),
})

const replay = createRoute({
  getParentRoute: () => authed,
  path: '/sessions/$id/terminals/$name/replay',
  validateSearch: readReplaySearch,
  loader: ({ context, params }) => void context.queries.prefetchQuery(sessionQuery(params.id)),
  component: lazyRouteComponent(() => import('./pages/ReplayPage'), 'ReplayPage'),
})

const preview = createRoute({
  getParentRoute: () => authed,
  path: '/preview/$id/$port',
  validateSearch: (search: Record<string, unknown>): { path?: string } => {
    const path = search['path']
    return typeof path === 'string' && path.startsWith('/') ? { path } : {}
  },
  component: lazyRouteComponent(() => import('./pages/PreviewPage'), 'PreviewPage'),
})

const routeTree = root.addChildren([
  login,
  setup,
  authed.addChildren([
    shell.addChildren([dashboard, create, session, repositories, profile, admin.addChildren([adminIndex, users, allSessions, audit, settings])]),
    terminal,
    replay,
    preview,
  ]),
])

export function loginSearch(href: string): { next?: string } {
  const next = safeNext(href)
  return next === '/' ? {} : { next }
}

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree,
    context: { queries },
    defaultPreload: 'intent',
    defaultErrorComponent: ErrorPage,
    defaultPendingComponent: PendingPage,
    defaultPendingMs: 250,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
