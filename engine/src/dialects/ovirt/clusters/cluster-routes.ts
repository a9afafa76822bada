import { ask, call } from '../../../core/call.ts'
import * as cluster from '../../../inventory/cluster/operations.ts'
import { report } from '../../../inventory/cluster/upgrade-operations.ts'
import { list as listClusters } from '../../../inventory/cluster/queries.ts'
import type { ClusterRow } from '../../../inventory/cluster/types.ts'
import { list as listDataCenters } from '../../../inventory/data-center/queries.ts'
import { clusterFields } from '../../../inventory/search-fields.ts'
import * as networkOps from '../../../network/network/operations.ts'
import { clusterNetworks, list as listNetworks } from '../../../network/network/queries.ts'
import type { NetworkUsage } from '../../../network/network/types.ts'
import { levelOf } from '../data-centers/data-center-routes.ts'
import { policyReferenced } from '../scheduling/scheduling-routes.ts'
import { networkFilters } from '../../../network/vnic-profile/filters.ts'
import { filterToWire, networkToWire } from '../networks/network-wire.ts'
import { apiBase } from '../http/address.ts'
import { actionDone, created, list, one, removed, stub } from '../kernel/answer.ts'
import { defined, found, pathId, referenced, requiredReference, requiredText, searched } from '../kernel/read.ts'
import { action, type ApiRequest, del, get, post, put, type Route } from '../kernel/route.ts'
import { settled } from '../kernel/settled.ts'
import { booleanAt, numberAt, structAt, textAt, textsAt, type WireObject } from '../wire/wire-object.ts'
import { incomplete } from '../http/fault.ts'
import { clusterToWire, settingsFromWire } from './cluster-wire.ts'

const changes = (body: WireObject) =>
  defined({
    description: textAt(body, 'description'),
    comment: textAt(body, 'comment'),
    cpuType: textAt(body, 'cpu', 'type') || undefined,
    cpuArchitecture: textAt(body, 'cpu', 'architecture') as 'x86_64' | undefined,
    level: levelOf(body),
    memoryOvercommit: numberAt(body, 'memory_policy', 'over_commit', 'percent'),
    ballooning: booleanAt(body, 'ballooning_enabled'),
    ksm: booleanAt(body, 'ksm', 'enabled'),
    threadsAsCores: booleanAt(body, 'threads_as_cores'),
    switchType: textAt(body, 'switch_type') as 'legacy' | undefined,
    firewallType: textAt(body, 'firewall_type') as 'firewalld' | undefined,
    biosType: textAt(body, 'bios_type') as 'q35_sea_bios' | undefined,
    settings: settingsFromWire(body),
  })

/** The cluster of the path, or 404. */
export async function clusterOf(request: ApiRequest, name = 'id'): Promise<ClusterRow> {
  const id = pathId(request, name)
  return found((await ask(request.env, listClusters, { ids: [id] }))[0], 'Cluster', id)
}

const shown = async (request: ApiRequest, id: string) =>
  clusterToWire(found((await ask(request.env, listClusters, { ids: [id] }))[0], 'Cluster', id))

async function networkIn(request: ApiRequest, networkId: string) {
  const clusterId = pathId(request, 'cluster')
  const [row] = await ask(request.env, clusterNetworks, { clusterIds: [clusterId], networkIds: [networkId] })
  return networkToWire(found(row, 'Network', networkId), found(row, 'Network', networkId))
}

const usages = (body: WireObject) => {
  const words = textsAt(body, 'usages') as NetworkUsage[] | undefined
  if (words === undefined && booleanAt(body, 'display') === true) return ['display'] satisfies NetworkUsage[]
  return words
}

const profileToWire = (row: ClusterRow): WireObject => ({
  // Each cluster has the one profile that oVirt makes with it; it limits nothing and carries the cluster's id and name.
  id: row.id,
  href: `${apiBase}/cpuprofiles/${row.id}`,
  name: row.name,
  cluster: stub('clusters', row.id),
})

export const clusterRoutes: Route[] = [
  get('/clusters', async request =>
    list('Cluster', 'clusters', 'cluster', (await searched(request, listClusters, clusterFields)).map(clusterToWire)),
  ),
  post('/clusters', 'Cluster', async request => {
    const { body } = request
    const name = requiredText(body, 'name', 'Cluster')
    const dataCenterId = await requiredReference(request, 'data_center', listDataCenters, 'StoragePool', 'Cluster')
    const managementNetworkId = await referenced(request, structAt(body, 'management_network'), listNetworks, 'Network')
    const { id } = await call(request.env, cluster.add, {
      name,
      dataCenterId,
      ...changes(body),
      ...defined({
        managementNetworkId,
        schedulingPolicyId: await policyReferenced(request, structAt(body, 'scheduling_policy')),
      }),
    })
    return created('Cluster', await shown(request, id))
  }),
  get('/clusters/:id', async request => one('Cluster', clusterToWire(await clusterOf(request)))),
  put('/clusters/:id', 'Cluster', async request => {
    const { body } = request
    const id = pathId(request)
    const dataCenterId = await referenced(request, structAt(body, 'data_center'), listDataCenters, 'StoragePool')
    await call(request.env, cluster.update, {
      id,
      ...changes(body),
      ...defined({
        name: textAt(body, 'name'),
        dataCenterId,
        schedulingPolicyId: await policyReferenced(request, structAt(body, 'scheduling_policy')),
      }),
    })
    return one('Cluster', await shown(request, id))
  }),
  del('/clusters/:id', async request => {
    await call(request.env, cluster.remove, { id: pathId(request) })
    return removed
  }),
  // Whoever upgrades the hosts of a cluster (Ansible's role, for one) says so here; the engine's own upgrade is `cluster.upgrade`.
  action('/clusters/:id/upgrade', async request => {
    const { body, headers, address } = request
    const words = ['start', 'update_progress', 'finish'] as const
    const said = textAt(body, 'upgrade_action')
    const wanted = words.find(word => word === said)
    if (wanted === undefined) throw incomplete('Action', ['upgradeAction'], 'upgrade')
    await call(request.env, report, {
      id: pathId(request),
      action: wanted,
      ...defined({
        percent: numberAt(body, 'upgrade_percent_complete'),
        correlation:
          textAt(body, 'correlation_id') ?? address.parameters.get('correlation_id') ?? headers['correlation-id'],
      }),
    })
    return actionDone(body, null)
  }),
  get('/clusters/:cluster/networks', async request => {
    const { id } = await clusterOf(request, 'cluster')
    const rows = await ask(request.env, clusterNetworks, { clusterIds: [id] })
    return list(
      'Network',
      'networks',
      'network',
      rows.map(row => networkToWire(row, row)),
    )
  }),
  post('/clusters/:cluster/networks', 'Network', async request => {
    const networkId = await referenced(request, request.body, listNetworks, 'Network')
    if (networkId === undefined) throw incomplete('Network', ['id|name'], 'add')
    const said = defined({ required: booleanAt(request.body, 'required'), usages: usages(request.body) })
    const { jobId } = await call(request.env, networkOps.attach, {
      clusterId: pathId(request, 'cluster'),
      networkId,
      ...said,
    })
    // The next call on the network must not meet this one's lock.
    await settled(request, jobId, { wait: true })
    return created('Network', await networkIn(request, networkId))
  }),
  get('/clusters/:cluster/networks/:id', async request => one('Network', await networkIn(request, pathId(request)))),
  put('/clusters/:cluster/networks/:id', 'Network', async request => {
    const networkId = pathId(request)
    const said = defined({ required: booleanAt(request.body, 'required'), usages: usages(request.body) })
    await call(request.env, networkOps.updateInCluster, { clusterId: pathId(request, 'cluster'), networkId, ...said })
    return one('Network', await networkIn(request, networkId))
  }),
  del('/clusters/:cluster/networks/:id', async request => {
    const { jobId } = await call(request.env, networkOps.detach, {
      clusterId: pathId(request, 'cluster'),
      networkId: pathId(request),
    })
    await settled(request, jobId, { wait: true })
    return removed
  }),
  get('/clusters/:cluster/networkfilters', async request => {
    await clusterOf(request, 'cluster')
    return list('NetworkFilter', 'network_filters', 'network_filter', networkFilters.map(filterToWire))
  }),
  get('/clusters/:cluster/cpuprofiles', async request =>
    list('CpuProfile', 'cpu_profiles', 'cpu_profile', [profileToWire(await clusterOf(request, 'cluster'))]),
  ),
  get('/cpuprofiles', async request => {
    const rows = await ask(request.env, listClusters, {})
    return list('CpuProfile', 'cpu_profiles', 'cpu_profile', rows.map(profileToWire))
  }),
  get('/cpuprofiles/:id', async request => one('CpuProfile', profileToWire(await clusterOf(request)))),
]
