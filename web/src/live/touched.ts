/** One entity that looks different now, as the stream tells it. */
export interface Change {
  kind: string
  id: string
  version?: number
  gone?: boolean
}

/** What the stream says: some entities changed, numbers moved, history grew, or anything may have changed. */
export type News =
  | { type: 'change'; changes: readonly Change[] }
  | { type: 'stats' }
  | { type: 'events' }
  | { type: 'reset' }

/**
 * Which kinds of entities each group of queries is made of (the word before the dot of its name). The only place that knows; pages
 * ask and are told.
 */
const readsOf: Readonly<Record<string, readonly string[]>> = {
  vm: ['vm'],
  // Why hosts would take a VM hangs on everything that placement looks at.
  'vm.explain': ['vm', 'host', 'cluster', 'affinity_group', 'affinity_label', 'scheduling_policy'],
  host: ['host', 'vm'],
  storageDomain: ['storage_domain'],
  disk: ['disk', 'vm'],
  diskAttachment: ['vm', 'disk'],
  nic: ['vm', 'vnic_profile'],
  cdrom: ['vm'],
  console: ['vm'],
  cluster: ['cluster'],
  'cluster.cpu': ['cluster', 'host'],
  'cluster.now': ['cluster', 'host', 'vm'],
  'cluster.plan': ['cluster', 'host', 'vm'],
  dataCenter: ['data_center'],
  network: ['network'],
  clusterNetwork: ['cluster', 'network'],
  macPool: ['mac_pool'],
  affinityGroup: ['affinity_group', 'affinity_label', 'vm', 'host'],
  affinityLabel: ['affinity_label', 'vm', 'host'],
  fenceAgent: ['host'],
  schedulingPolicy: ['scheduling_policy'],
  tag: ['tag'],
  permission: ['permission', 'user', 'role'],
  role: ['role'],
  vnicProfile: ['vnic_profile'],
  template: ['template'],
  imageTransfer: ['image_transfer'],
  job: ['job'],
  // These two follow the history itself: signing in and out is an event too.
  event: [],
  session: ['user'],
  user: ['user'],
  preference: [],
  inventory: ['host', 'storage_domain', 'vm', 'user'],
}

/** Queries whose kind is that of their own rows, so that a change of other rows does not concern them. */
const rowsById = new Set([
  'vm.list',
  'host.list',
  'storageDomain.list',
  'disk.list',
  'job.list',
  'cluster.list',
  'vm.now',
])
/** Queries of numbers; they move with `stats`. Those of this moment come and go with their objects too. */
const isNumbers = (name: string): boolean => /\.(now|history|statistics)$/.test(name)

/** Whether a query, by its name and input, may answer something else after the news. */
export function touched(name: string, input: unknown, news: News): boolean {
  if (news.type === 'reset') return true
  const group = name.split('.')[0] ?? ''
  if (news.type === 'stats') return isNumbers(name)
  if (news.type === 'events') return group === 'event' || group === 'session'
  if (isNumbers(name) && !name.endsWith('.now')) return false
  const kinds = readsOf[name] ?? readsOf[group] ?? []
  const ids = rowsById.has(name) ? (input as { ids?: readonly string[] }).ids : undefined
  const jobId = name === 'job.steps' ? (input as { jobId: string }).jobId : undefined
  return news.changes.some(change => {
    if (!kinds.includes(change.kind)) return false
    if (jobId !== undefined) return change.id === jobId
    // Rows of other kinds (the VMs that a host counts) say nothing about which row changes.
    return ids === undefined || change.kind !== kinds[0] || ids.includes(change.id)
  })
}
