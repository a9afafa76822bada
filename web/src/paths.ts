/** Every address of the console, built in one place; `paths.test.ts` keeps a snapshot. Search parts are plain text. */

/** The search part of an address: what is undefined or empty is left out. */
type Search = Readonly<Record<string, string | number | undefined>>

function withSearch(path: string, search: Search = {}): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(search))
    if (value !== undefined && value !== '') query.set(key, String(value))
  const text = query.toString()
  return text === '' ? path : `${path}?${text}`
}

const one = encodeURIComponent

/** What a list keeps in its address. */
export interface ListSearch {
  /** The search box: oVirt's language. */
  q?: string | undefined
  /** A column, `-` before it for descending. */
  sort?: string | undefined
  /** Shown columns, comma separated. */
  cols?: string | undefined
}

/** What a page with charts keeps in its address: `-6h`, `now`, or epoch milliseconds. */
export interface RangeSearch {
  from?: string | undefined
  to?: string | undefined
}

export const vmTabs = [
  'overview',
  'console',
  'disks',
  'network',
  'performance',
  'placement',
  'settings',
  'activity',
] as const
export type VmTab = (typeof vmTabs)[number]
export const hostTabs = ['overview', 'vms', 'network', 'performance', 'settings', 'activity'] as const
export type HostTab = (typeof hostTabs)[number]
export const clusterTabs = ['overview', 'hosts', 'vms', 'affinity', 'scheduling', 'settings', 'activity'] as const
export type ClusterTab = (typeof clusterTabs)[number]
export const affinityTabs = ['groups', 'labels'] as const
export type AffinityTab = (typeof affinityTabs)[number]
export const domainTabs = ['overview', 'disks', 'images', 'settings', 'activity'] as const
export type DomainTab = (typeof domainTabs)[number]
export const diskTabs = ['overview', 'vms', 'settings', 'activity'] as const
export type DiskTab = (typeof diskTabs)[number]

/** Addresses by page. A dialog of a page stands in its search part (`do`, `of`: `templates/use-dialog.ts`). */
export const paths = {
  signIn: (next?: string) => withSearch('/sign-in', { next }),
  dashboard: () => '/admin',
  vms: (s: ListSearch = {}) => withSearch('/admin/vms', { ...s }),
  newVm: (s: { disk?: string; iso?: string } = {}) => withSearch('/admin/vms/new', { ...s }),
  vm: (id: string, tab: VmTab = 'overview', s: RangeSearch = {}) =>
    withSearch(`/admin/vms/${one(id)}/${tab}`, { ...s }),
  vmConsole: (id: string, protocol: 'vnc' | 'serial') => `/portal/vms/${one(id)}/console/${protocol}`,
  hosts: (s: ListSearch = {}) => withSearch('/admin/hosts', { ...s }),
  host: (id: string, tab: HostTab = 'overview', s: RangeSearch = {}) =>
    withSearch(`/admin/hosts/${one(id)}/${tab}`, { ...s }),
  clusters: (s: ListSearch = {}) => withSearch('/admin/clusters', { ...s }),
  cluster: (id: string, tab: ClusterTab = 'overview') => `/admin/clusters/${one(id)}/${tab}`,
  affinity: () => '/admin/affinity',
  affinityTab: (tab: AffinityTab) => `/admin/affinity/${tab}`,
  policies: () => '/admin/policies',
  domains: (s: ListSearch = {}) => withSearch('/admin/storage', { ...s }),
  domain: (id: string, tab: DomainTab = 'overview') => `/admin/storage/${one(id)}/${tab}`,
  disks: (s: ListSearch = {}) => withSearch('/admin/disks', { ...s }),
  disk: (id: string, tab: DiskTab = 'overview') => `/admin/disks/${one(id)}/${tab}`,
  images: () => '/admin/images',
  upload: () => '/admin/images/upload',
  tasks: (s: { show?: 'running' | 'failed' | 'done' } = {}) => withSearch('/admin/tasks', { ...s }),
  task: (id: string) => `/admin/tasks/${one(id)}`,
  events: (s: ListSearch = {}) => withSearch('/admin/events', { ...s }),
  sessions: () => '/admin/sessions',
  account: () => '/admin/account',
}

/**
 * Where sign-in may lead: a path of ours, or nothing (W22). Whatever a browser could read as another origin, or as a script, is
 * dropped: it must be the same origin's path below /admin, /portal or /go.
 */
export function safeNext(next: unknown): string | undefined {
  if (typeof next !== 'string' || !next.startsWith('/') || /[\\\p{Cc}]/u.test(next)) return undefined
  const base = 'https://console.invalid'
  if (!URL.canParse(next, base)) return undefined
  const url = new URL(next, base)
  if (url.origin !== base || !/^\/(admin|portal|go)(\/|$)/.test(url.pathname)) return undefined
  return url.pathname + url.search + url.hash
}
