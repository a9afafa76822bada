import '@patternfly/react-core/dist/styles/base.css'
import './shell/tokens.css'
import './shell/shell.css'
import './templates/templates.css'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { isPassing, whenSignedOut } from './api/client.ts'
import { endHere, lookAtSession, onSessionChange, sessionState } from './api/session.ts'
import { startI18n } from './i18n/index.ts'
import { isLanguage } from './i18n/languages.ts'
import { startLive, stopLive } from './live/index.ts'
import { paths } from './paths.ts'
import { makeRouter } from './router.tsx'
import { adoptAppearance } from './shell/appearance.ts'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // The live layer says when an answer is old; no clock and no focus does.
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      retry: (count, error) => count < 3 && isPassing(error),
      retryDelay: count => Math.min(500 * 2 ** count, 4000),
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})
const router = makeRouter()

whenSignedOut(endHere)
let was: string | undefined
onSessionChange(() => {
  const now = sessionState()
  if (now.phase === 'in') {
    // Another user sees nothing of the last one's.
    if (was !== undefined && was !== now.session.user.id) client.clear()
    was = now.session.user.id
    void adoptAppearance()
    startLive(client, endHere)
    void client.invalidateQueries()
    void router.invalidate()
  } else {
    stopLive(now.phase === 'out')
    if (now.phase !== 'out') return
    client.clear()
    const { pathname, href } = router.state.location
    // Who was not signed in yet (or found no engine at first) goes on to the address that was asked for; who signed out begins anew.
    const next = was === undefined ? href : undefined
    was = undefined
    if (pathname !== '/sign-in') void router.navigate({ href: paths.signIn(next), replace: true })
  }
})

const asked = document.documentElement.lang
await Promise.all([startI18n(isLanguage(asked) ? asked : 'en'), lookAtSession()])
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
