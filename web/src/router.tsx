import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { sessionState } from './api/session.ts'
import { paths } from './paths.ts'
import { Broken, NotFound, Root } from './shell/root.tsx'
import { Shell } from './shell/shell.tsx'

/** The search part of an address as plain texts; what is written twice counts once. */
type TextSearch = Record<string, string>
const texts = (search: Record<string, unknown>): TextSearch =>
  Object.fromEntries(
    Object.entries(search).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  )

const root = createRootRoute({ component: Root, notFoundComponent: NotFound, validateSearch: texts })

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ href: paths.dashboard(), replace: true })
  },
})
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('./shell/sign-in-page.tsx'), 'SignInPage'),
})

/** Pages behind the sign-in; a session that ends later is asked for again over the page, not here. */
function mustBeSignedIn({ location }: { location: { href: string } }): void {
  if (sessionState().phase === 'out') throw redirect({ href: paths.signIn(location.href), replace: true })
}

const admin = createRoute({
  getParentRoute: () => root,
  path: '/admin',
  component: Shell,
  notFoundComponent: NotFound,
  beforeLoad: mustBeSignedIn,
})
const page = <P extends string>(path: P, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => admin, path, component })

const vms = page(
  'vms',
  lazyRouteComponent(() => import('./vms/list-page.tsx'), 'VmsPage'),
)
const newVm = createRoute({
  getParentRoute: () => vms,
  path: 'new',
  component: lazyRouteComponent(() => import('./vms/new-dialog.tsx'), 'NewVmDialog'),
})

const images = page(
  'images',
  lazyRouteComponent(() => import('./images/images-page.tsx'), 'ImagesPage'),
)
const upload = createRoute({
  getParentRoute: () => images,
  path: 'upload',
  component: lazyRouteComponent(() => import('./images/upload-dialog.tsx'), 'UploadDialog'),
})

const consoleWindow = createRoute({
  getParentRoute: () => root,
  path: '/portal/vms/$id/console/$protocol',
  component: lazyRouteComponent(() => import('./console/console-window.tsx'), 'ConsoleWindow'),
  beforeLoad: mustBeSignedIn,
})

const pages = [
  page(
    '/',
    lazyRouteComponent(() => import('./dashboard/dashboard-page.tsx'), 'DashboardPage'),
  ),
  vms.addChildren([newVm]),
  images.addChildren([upload]),
  page(
    'vms/$id/{-$tab}',
    lazyRouteComponent(() => import('./vms/detail-page.tsx'), 'VmPage'),
  ),
  page(
    'hosts',
    lazyRouteComponent(() => import('./hosts/list-page.tsx'), 'HostsPage'),
  ),
  page(
    'hosts/$id/{-$tab}',
    lazyRouteComponent(() => import('./hosts/detail-page.tsx'), 'HostPage'),
  ),
  page(
    'clusters',
    lazyRouteComponent(() => import('./clusters/list-page.tsx'), 'ClustersPage'),
  ),
  page(
    'clusters/$id/{-$tab}',
    lazyRouteComponent(() => import('./clusters/detail-page.tsx'), 'ClusterPage'),
  ),
  page(
    'affinity/{-$tab}',
    lazyRouteComponent(() => import('./affinity/affinity-page.tsx'), 'AffinityPage'),
  ),
  page(
    'policies',
    lazyRouteComponent(() => import('./policies/policies-page.tsx'), 'PoliciesPage'),
  ),
  page(
    'storage',
    lazyRouteComponent(() => import('./storage/domains-page.tsx'), 'DomainsPage'),
  ),
  page(
    'storage/$id/{-$tab}',
    lazyRouteComponent(() => import('./storage/domain-page.tsx'), 'DomainPage'),
  ),
  page(
    'disks',
    lazyRouteComponent(() => import('./storage/disks-page.tsx'), 'DisksPage'),
  ),
  page(
    'disks/$id/{-$tab}',
    lazyRouteComponent(() => import('./storage/disk-page.tsx'), 'DiskPage'),
  ),
  page(
    'tasks',
    lazyRouteComponent(() => import('./tasks/tasks-page.tsx'), 'TasksPage'),
  ),
  page(
    'tasks/$id',
    lazyRouteComponent(() => import('./tasks/task-page.tsx'), 'TaskPage'),
  ),
  page(
    'events',
    lazyRouteComponent(() => import('./events/events-page.tsx'), 'EventsPage'),
  ),
  page(
    'sessions',
    lazyRouteComponent(() => import('./access/sessions-page.tsx'), 'SessionsPage'),
  ),
  page(
    'account',
    lazyRouteComponent(() => import('./access/account-page.tsx'), 'AccountPage'),
  ),
]

/** The router of the whole application: pages are loaded when they are gone to, addresses carry plain texts. */
export const makeRouter = () =>
  createRouter({
    routeTree: root.addChildren([home, signIn, consoleWindow, admin.addChildren(pages)]),
    parseSearch: text => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: search => {
      const text = new URLSearchParams(texts(search)).toString()
      return text === '' ? '' : `?${text}`
    },
    defaultErrorComponent: Broken,
    defaultNotFoundComponent: NotFound,
    defaultPendingMs: 150,
    scrollRestoration: true,
  })
