import type { DomainModule } from '../core/registry.ts'
import { fragment } from '../db/index.ts'
import { bootstrapInventory } from './bootstrap/bootstrap.ts'
import { firstStorage } from './bootstrap/storage.ts'
import * as cluster from './cluster/operations.ts'
import { upgradeCluster } from './cluster/upgrade.ts'
import * as clusterUpgrade from './cluster/upgrade-operations.ts'
import { cpu as clusterCpu } from './cluster/cpu-query.ts'
import { now as clusterNow } from './cluster/now-query.ts'
import { list as clusterList } from './cluster/queries.ts'
import * as dataCenter from './data-center/operations.ts'
import { list as dataCenterList } from './data-center/queries.ts'
import { activateHost } from './host/activate.ts'
import { deactivateHost } from './host/deactivate.ts'
import { certifier } from './enrol/authority.ts'
import { remoteHosts } from './install/remote.ts'
import { installHost } from './host/install.ts'
import { joinToken } from './enrol/join-token.ts'
import { fenceHost } from './fence/fence.ts'
import * as fence from './fence/operations.ts'
import { restartAgent } from './fence/restart-agent.ts'
import { list as fenceAgentList } from './fence/queries.ts'
import { fencingReconciler } from './fence/reconcile.ts'
import { fingerprint } from './host/fingerprint.ts'
import { certificatesReconciler, enrollHostCertificate } from './host/certificate.ts'
import * as host from './host/operations.ts'
import { checkHostUpgrade, upgradeHost } from './host/upgrade.ts'
import * as upkeep from './host/upkeep.ts'
import { list as hostList } from './host/queries.ts'
import { hostsReconciler, spmReconciler } from './host/reconcile.ts'
import * as overview from './overview.ts'
import * as schedulingPolicy from './scheduling-policy/operations.ts'
import * as schedulingPolicyQueries from './scheduling-policy/queries.ts'
import { searchOf } from '../search/index.ts'
import { clusterFields, dataCenterFields, hostFields } from './search-fields.ts'
import { summary } from './summary.ts'
import * as tag from './tag/operations.ts'
import * as tagQueries from './tag/queries.ts'
import { clientsOf } from './watch/clients.ts'
import { WatchManager } from './watch/manager.ts'

const byName = fragment`v.name, v.id`

const managers = new Set<WatchManager>()

/** Data centers, clusters, hosts, tags, and the watch of hosts. */
export const inventory: DomainModule = {
  name: 'inventory',
  operations: [
    ...Object.values(dataCenter),
    ...Object.values(cluster),
    ...Object.values(clusterUpgrade),
    ...Object.values(host),
    ...Object.values(upkeep),
    ...Object.values(fence),
    ...Object.values(schedulingPolicy),
    joinToken,
    ...Object.values(tag),
  ],
  queries: [
    dataCenterList,
    clusterList,
    clusterCpu,
    clusterNow,
    hostList,
    fingerprint,
    fenceAgentList,
    schedulingPolicyQueries.list,
    schedulingPolicyQueries.units,
    summary,
    overview.counts,
    overview.now,
    tagQueries.list,
    tagQueries.assignments,
    searchOf('dataCenter', 'data_center', dataCenterFields, byName),
    searchOf('cluster', 'cluster', clusterFields, byName),
    searchOf('host', 'host', hostFields, byName),
  ],
  jobs: [
    activateHost,
    installHost,
    deactivateHost,
    fenceHost,
    restartAgent,
    enrollHostCertificate,
    checkHostUpgrade,
    upgradeHost,
    upgradeCluster,
  ],
  reconcilers: [hostsReconciler, certificatesReconciler, spmReconciler, fencingReconciler, firstStorage],
  hostPort: clientsOf,
  outside: engine => ({ certify: certifier(engine), ...remoteHosts(engine) }),
  bootstrap: bootstrapInventory,
  start: engine => {
    managers.add(new WatchManager(engine))
  },
  stop: async () => {
    const mine = [...managers]
    managers.clear()
    await Promise.all(mine.map(manager => manager.stop()))
  },
}
