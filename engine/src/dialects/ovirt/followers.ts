import { groups as listGroups, labels as listLabels } from '../../compute/affinity/queries.ts'
import { ask } from '../../core/call.ts'
import { list as listCdroms } from '../../compute/cdrom/queries.ts'
import { list as listConsoles } from '../../compute/console/queries.ts'
import { list as listAttachments } from '../../compute/disk-attachment/queries.ts'
import { list as listNics, reportedDevices } from '../../compute/nic/queries.ts'
import { list as listTemplates } from '../../compute/template/queries.ts'
import { list as listVms } from '../../compute/vm/queries.ts'
import type { Query } from '../../core/query.ts'
import { list as listClusters } from '../../inventory/cluster/queries.ts'
import { list as listDataCenters } from '../../inventory/data-center/queries.ts'
import { list as listHosts } from '../../inventory/host/queries.ts'
import { assignments } from '../../inventory/tag/queries.ts'
import { diskStatistics, hostStatistics, nicStatistics, vmStatistics } from '../../metering/queries.ts'
import { clusterNetworks, list as listNetworks } from '../../network/network/queries.ts'
import { networkFilters } from '../../network/vnic-profile/filters.ts'
import { list as listProfiles } from '../../network/vnic-profile/queries.ts'
import { list as listDisks } from '../../storage/disk/queries.ts'
import { list as listDomains } from '../../storage/domain/queries.ts'
import { list as listPolicies } from '../../inventory/scheduling-policy/queries.ts'
import { groupToWire, labelToWire } from './affinity/affinity-wire.ts'
import { cdromToWire } from './cdroms/cdrom-routes.ts'
import { clusterToWire } from './clusters/cluster-wire.ts'
import { consoleToWire } from './consoles/console-routes.ts'
import { dataCenterToWire } from './data-centers/data-center-routes.ts'
import { attachmentToWire } from './disk-attachments/attachment-routes.ts'
import { diskToWire } from './disks/disk-wire.ts'
import { hostToWire } from './hosts/host-wire.ts'
import type { Follower, Followers } from './kernel/follow.ts'
import { grouped, parentIds } from './kernel/read.ts'
import type { ApiRequest } from './kernel/route.ts'
import { statisticToWire } from './kernel/statistics.ts'
import { networkToWire, vnicProfileToWire } from './networks/network-wire.ts'
import { deviceToWire, nicToWire } from './nics/nic-routes.ts'
import { partsToWire } from './scheduling/scheduling-wire.ts'
import { storageDomainToWire } from './storage-domains/storage-domain-wire.ts'
import { tagToWire } from './tags/tag-routes.ts'
import { templateToWire } from './templates/template-routes.ts'
import { vmToWire } from './vms/vm-wire.ts'
import type { TypeName } from './wire/types.ts'
import { structAt, type WireObject } from './wire/wire-object.ts'

/** Follows a reference: one query for all the ids that the parents name. */
function reference<I, R extends { id: string }, In extends object>(
  element: string,
  type: TypeName,
  query: Query<I, R[], In>,
  toWire: (row: R) => WireObject,
): Follower {
  return {
    element,
    type,
    async load(request, parents) {
      const wanted = new Map<string, string>()
      for (const parent of parents) {
        const id = structAt(parent, element)?.id
        if (parent.id !== undefined && id !== undefined) wanted.set(parent.id, id)
      }
      const ids = [...new Set(wanted.values())]
      const rows = ids.length === 0 ? [] : await ask(request.env, query, { ids } as unknown as In)
      const byId = new Map(rows.map(row => [row.id, row]))
      const found = new Map<string, WireObject>()
      for (const [parent, id] of wanted) {
        const row = byId.get(id)
        if (row !== undefined) found.set(parent, toWire(row))
      }
      return found
    },
  }
}

/** Follows a sub-collection: one query for all parents, its rows handed out by owner. */
function collection<R>(
  element: string,
  type: TypeName,
  load: (request: ApiRequest, ids: string[]) => Promise<R[]>,
  owner: (row: R) => string,
  toWire: (row: R) => WireObject,
): Follower {
  return {
    element,
    type,
    load: async (request, parents) => grouped(await load(request, parentIds(parents)), owner, toWire, parents),
  }
}

const profile = (row: Parameters<typeof vnicProfileToWire>[0]) => vnicProfileToWire(row, networkFilters)

const nics: Follower = {
  element: 'nics',
  type: 'Nic',
  async load(request, parents): Promise<Map<string, WireObject[]>> {
    const vmIds = parentIds(parents)
    const [rows, devices] = [
      await ask(request.env, listNics, { vmIds }),
      await ask(request.env, reportedDevices, { vmIds }),
    ]
    return grouped(
      rows,
      row => row.vmId,
      row => nicToWire(row, devices),
      parents,
    )
  },
}

const tagsOf = (objectKind: 'vm' | 'host' | 'template' | 'user', owner: string): Follower =>
  collection(
    'tags',
    'Tag',
    (request, objectIds) => ask(request.env, assignments, { objectKind, objectIds }),
    row => row.objectId,
    row => tagToWire(row, { collection: owner, element: objectKind, id: row.objectId }),
  )

const cluster = reference('cluster', 'Cluster', listClusters, clusterToWire)
const dataCenter = reference('data_center', 'DataCenter', listDataCenters, dataCenterToWire)
const statisticsElement = 'statistics'

/** What a list of ids of one row leads to: one query for the ids of all parents, handed out by whoever named them. */
function named<P extends { id: string }, R extends { id: string }>(
  element: string,
  type: TypeName,
  parentsOf: (request: ApiRequest, ids: string[]) => Promise<P[]>,
  idsOf: (parent: P) => readonly string[],
  rowsOf: (request: ApiRequest, ids: string[]) => Promise<R[]>,
  toWire: (row: R) => WireObject,
): Follower {
  return {
    element,
    type,
    async load(request, parents) {
      const owners = await parentsOf(request, parentIds(parents))
      const ids = [...new Set(owners.flatMap(idsOf))]
      const rows = new Map((ids.length === 0 ? [] : await rowsOf(request, ids)).map(row => [row.id, toWire(row)]))
      return new Map(
        owners.map(owner => [
          owner.id,
          idsOf(owner)
            .map(id => rows.get(id))
            .filter(row => row !== undefined),
        ]),
      )
    },
  }
}

const groupsOf = (r: ApiRequest, ids: string[]) => ask(r.env, listGroups, { ids })
const labelsOf = (r: ApiRequest, ids: string[]) => ask(r.env, listLabels, { ids })
const vmsOf = (r: ApiRequest, ids: string[]) => ask(r.env, listVms, { ids })
const hostsOf = (r: ApiRequest, ids: string[]) => ask(r.env, listHosts, { ids })

const partsOf = (name: keyof typeof partsToWire, element: string, type: TypeName): Follower => ({
  element,
  type,
  load: async (request, parents) =>
    new Map(
      (await ask(request.env, listPolicies, { ids: parentIds(parents) })).map(row => [row.id, partsToWire[name](row)]),
    ),
})

/** Every name that `follow` knows, by type; names are lower case without underscores. */
export const followers: Followers = {
  Vm: {
    cluster,
    host: reference('host', 'Host', listHosts, row => hostToWire(row)),
    template: reference('template', 'Template', listTemplates, templateToWire),
    originaltemplate: reference('original_template', 'Template', listTemplates, templateToWire),
    nics,
    tags: tagsOf('vm', 'vms'),
    diskattachments: collection(
      'disk_attachments',
      'DiskAttachment',
      (r, vmIds) => ask(r.env, listAttachments, { vmIds }),
      row => row.vmId,
      attachmentToWire,
    ),
    cdroms: collection(
      'cdroms',
      'Cdrom',
      (r, vmIds) => ask(r.env, listCdroms, { vmIds }),
      row => row.vmId,
      row => cdromToWire(row, false),
    ),
    graphicsconsoles: collection(
      'graphics_consoles',
      'GraphicsConsole',
      (r, vmIds) => ask(r.env, listConsoles, { vmIds }),
      row => row.vmId,
      row => consoleToWire(row, false),
    ),
    reporteddevices: collection(
      'reported_devices',
      'ReportedDevice',
      (r, vmIds) => ask(r.env, reportedDevices, { vmIds }),
      row => row.vmId,
      deviceToWire,
    ),
    statistics: collection(
      statisticsElement,
      'Statistic',
      (r, ids) => ask(r.env, vmStatistics, { ids }),
      row => row.ownerId,
      row => statisticToWire(row, `/ovirt-engine/api/vms/${row.ownerId}`, 'vm'),
    ),
  },
  DiskAttachment: {
    disk: reference('disk', 'Disk', listDisks, diskToWire),
    vm: reference('vm', 'Vm', listVms, vmToWire),
  },
  Nic: {
    vnicprofile: reference('vnic_profile', 'VnicProfile', listProfiles, profile),
    vm: reference('vm', 'Vm', listVms, vmToWire),
    statistics: {
      element: statisticsElement,
      type: 'Statistic',
      async load(request, parents): Promise<Map<string, WireObject[]>> {
        const rows = await ask(request.env, nicStatistics, { ids: parentIds(parents) })
        const hrefs = new Map(parents.map(parent => [parent.id, parent.href ?? '']))
        return grouped(
          rows,
          row => row.ownerId,
          row => statisticToWire(row, hrefs.get(row.ownerId) ?? '', 'nic'),
          parents,
        )
      },
    },
  },
  Disk: {
    statistics: collection(
      statisticsElement,
      'Statistic',
      (r, ids) => ask(r.env, diskStatistics, { ids }),
      row => row.ownerId,
      row => statisticToWire(row, `/ovirt-engine/api/disks/${row.ownerId}`, 'disk'),
    ),
  },
  Host: {
    cluster,
    tags: tagsOf('host', 'hosts'),
    statistics: collection(
      statisticsElement,
      'Statistic',
      (r, ids) => ask(r.env, hostStatistics, { ids }),
      row => row.ownerId,
      row => statisticToWire(row, `/ovirt-engine/api/hosts/${row.ownerId}`, 'host'),
    ),
  },
  Cluster: {
    datacenter: dataCenter,
    networks: collection(
      'networks',
      'Network',
      (r, clusterIds) => ask(r.env, clusterNetworks, { clusterIds }),
      row => row.clusterId,
      row => networkToWire(row, row),
    ),
    affinitygroups: collection(
      'affinity_groups',
      'AffinityGroup',
      (r, clusterIds) => ask(r.env, listGroups, { clusterIds }),
      row => row.clusterId,
      groupToWire,
    ),
    managementnetwork: reference('management_network', 'Network', listNetworks, row => networkToWire(row)),
  },
  DataCenter: {
    clusters: collection(
      'clusters',
      'Cluster',
      (r, dataCenterIds) => ask(r.env, listClusters, { dataCenterIds }),
      row => row.dataCenterId ?? '',
      clusterToWire,
    ),
    networks: collection(
      'networks',
      'Network',
      (r, dataCenterIds) => ask(r.env, listNetworks, { dataCenterIds }),
      row => row.dataCenterId,
      row => networkToWire(row),
    ),
    storagedomains: collection(
      'storage_domains',
      'StorageDomain',
      (r, dataCenterIds) => ask(r.env, listDomains, { dataCenterIds }),
      row => row.dataCenterId ?? '',
      row => storageDomainToWire(row, true),
    ),
  },
  StorageDomain: {
    disks: collection(
      'disks',
      'Disk',
      (r, storageDomainIds) => ask(r.env, listDisks, { storageDomainIds }),
      row => row.storageDomainId,
      diskToWire,
    ),
  },
  Network: {
    datacenter: dataCenter,
    vnicprofiles: collection(
      'vnic_profiles',
      'VnicProfile',
      (r, networkIds) => ask(r.env, listProfiles, { networkIds }),
      row => row.networkId,
      profile,
    ),
  },
  VnicProfile: { network: reference('network', 'Network', listNetworks, row => networkToWire(row)) },
  AffinityGroup: {
    cluster,
    vms: named('vms', 'Vm', groupsOf, row => row.vmIds, vmsOf, vmToWire),
    hosts: named(
      'hosts',
      'Host',
      groupsOf,
      row => row.hostIds,
      hostsOf,
      row => hostToWire(row),
    ),
    vmlabels: named(
      'vm_labels',
      'AffinityLabel',
      groupsOf,
      row => row.vmLabelIds,
      labelsOf,
      row => labelToWire(row),
    ),
    hostlabels: named(
      'host_labels',
      'AffinityLabel',
      groupsOf,
      row => row.hostLabelIds,
      labelsOf,
      row => labelToWire(row),
    ),
  },
  AffinityLabel: {
    vms: named('vms', 'Vm', labelsOf, row => row.vmIds, vmsOf, vmToWire),
    hosts: named(
      'hosts',
      'Host',
      labelsOf,
      row => row.hostIds,
      hostsOf,
      row => hostToWire(row),
    ),
  },
  SchedulingPolicy: {
    filters: partsOf('filters', 'filters', 'Filter'),
    weight: partsOf('weights', 'weight', 'Weight'),
    weights: partsOf('weights', 'weight', 'Weight'),
    balances: partsOf('balances', 'balances', 'Balance'),
  },
  Template: { cluster, tags: tagsOf('template', 'templates') },
  ImageTransfer: {
    disk: reference('disk', 'Disk', listDisks, diskToWire),
    host: reference('host', 'Host', listHosts, row => hostToWire(row)),
  },
}
