import { Outlet, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession } from '../api/session.ts'
import { uploadsPresent } from '../images/presence.ts'
import { paths } from '../paths.ts'
import { Go } from '../templates/go.tsx'
import { Notes } from '../templates/notes.tsx'
import { TaskCounts } from '../tasks/counts.tsx'
import { TaskDrawer } from '../tasks/drawer.tsx'
import { LanguageSwitch } from './language-switch.tsx'
import { LiveMark, StaleStrip } from './live-mark.tsx'
import { Logo } from './logo.tsx'
import { Nav } from './nav.tsx'
import { useShellKeys } from './use-shell-keys.ts'

// Menus are needed on every page, though not to draw its first picture.
const UserMenu = lazy(() => import('./user-menu.tsx').then(m => ({ default: m.UserMenu })))
const KeysHelp = lazy(() => import('./keys-help.tsx').then(m => ({ default: m.KeysHelp })))
const UploadTray = lazy(() => import('../images/upload-tray.tsx').then(m => ({ default: m.UploadTray })))
const SignInOver = lazy(() => import('./sign-in-over.tsx').then(m => ({ default: m.SignInOver })))

/** What stands around every page of the administration portal. */
export function Shell() {
  const { t } = useTranslation('shell')
  const session = useSession()
  const uploading = useSyncExternalStore(uploadsPresent.subscribe, uploadsPresent.get)
  const [help, setHelp] = useState(false)
  const [tasksOpen, setTasksOpen] = useState(false)
  const [navOpen, setNavOpen] = useState(false)
  useShellKeys({ help: () => setHelp(true), tasks: () => setTasksOpen(open => !open) })
  useFocusOnNavigation()
  if (session.phase !== 'in' && session.phase !== 'over') return null
  return (
    <div className="rk-shell">
      <a className="rk-skip" href="#main" onClick={skip}>
        {t('skip')}
      </a>
      <header className="rk-masthead" aria-label={t('masthead')}>
        <button
          type="button"
          className="rk-nav-toggle"
          aria-expanded={navOpen}
          aria-controls="main-nav"
          aria-label={t('navToggle')}
          onClick={() => setNavOpen(!navOpen)}
        >
          <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true" className="rk-icon-line">
            <path d="M2 4.500h14M2 9h14M2 13.500h14" />
          </svg>
        </button>
        <Go to={paths.dashboard()} className="rk-brand">
          <Logo />
          {t('product')}
        </Go>
        <StaleStrip />
        <div className="rk-masthead-right">
          <LiveMark />
          <TaskCounts onOpen={() => setTasksOpen(true)} />
          <button type="button" className="rk-plain" aria-label={t('keys.open')} onClick={() => setHelp(true)}>
            ?
          </button>
          <LanguageSwitch />
          <Suspense fallback={<span className="rk-user-soon" />}>
            <UserMenu />
          </Suspense>
        </div>
      </header>
      <Nav open={navOpen} onGo={() => setNavOpen(false)} />
      <main id="main" tabIndex={-1} className="rk-main" data-scroll-restoration-id="main">
        <Outlet />
      </main>
      <TaskDrawer open={tasksOpen} onToggle={() => setTasksOpen(!tasksOpen)} />
      <Notes />
      <Suspense>
        {uploading ? <UploadTray /> : null}
        {help ? <KeysHelp onClose={() => setHelp(false)} /> : null}
        {session.phase === 'over' ? <SignInOver was={session.session} /> : null}
      </Suspense>
    </div>
  )
}

function skip(event: React.MouseEvent): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

/** After a navigation the new page's title takes the focus, unless a dialog of the page has taken it. */
function useFocusOnNavigation(): void {
  const path = useRouterState({ select: state => state.resolvedLocation?.pathname })
  const first = useRef(true)
  useEffect(() => {
    if (path === undefined) return
    if (first.current) {
      first.current = false
      return
    }
    const held = document.activeElement
    const free = held === null || held === document.body || held.closest('.rk-nav, .rk-masthead, main') !== null
    if (free && document.querySelector('[role="dialog"]') === null) document.getElementById('page-title')?.focus()
  }, [path])
}
