import '@patternfly/react-core/dist/styles/base.css'
import './shell/tokens.css'
import './shell/shell.css'
import './templates/templates.css'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { watchAttendance } from './api/attended.ts'
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

/** Who was signed in last; undefined while nobody was. */
let was: string | undefined

/** Somebody signed in: what he may see is asked for, and followed from now on. */
function signedIn(id: string): void {
  // Another user sees nothing of the last one's.
  if (was !== undefined && was !== id) client.clear()
  was = id
  void adoptAppearance()
  startLive(client, endHere)
}

/** The session changed while the pages are drawn. */
function sessionChanged(): void {
  const now = sessionState()
  if (now.phase === 'in') {
    signedIn(now.session.user.id)
    void client.invalidateQueries()
    void router.invalidate()
    return
  }
  stopLive(now.phase === 'out')
  if (now.phase !== 'out') return
  client.clear()
  const { pathname, href } = router.state.location
  // Who was not signed in yet (or found no engine at first) goes on to the address that was asked for; who signed out begins anew.
  const next = was === undefined ? href : undefined
  was = undefined
  if (pathname !== '/sign-in') void router.navigate({ href: paths.signIn(next), replace: true })
}

async function begin(at: HTMLElement): Promise<void> {
  watchAttendance()
  whenSignedOut(endHere)
  const asked = document.documentElement.lang
  await Promise.all([startI18n(isLanguage(asked) ? asked : 'en'), lookAtSession()])
  // The first address is the routes' own to lead elsewhere: a navigation before the router is drawn races with its first load, and
  // one that won left the page empty.
  const now = sessionState()
  if (now.phase === 'in') signedIn(now.session.user.id)
  onSessionChange(sessionChanged)
  createRoot(at).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  )
}

/** What counts the loads that came in parts (public/assets/theme.js). */
const loadsKey = 'rookery.loads'
try {
  sessionStorage.removeItem(loadsKey)
} catch {
  // a browser that keeps nothing does not count either
}

begin(root).catch((error: unknown) => {
  // The words themselves may be what did not come.
  root.textContent =
    'The console could not be loaded. Load the page again. · 콘솔을 불러오지 못했습니다. 페이지를 다시 불러오세요.'
  throw error
})
