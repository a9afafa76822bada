import { ask } from '../../../core/call.ts'
import { list as listTemplates } from '../../../compute/template/queries.ts'
import { list as listVms } from '../../../compute/vm/queries.ts'
import { list as listClusters } from '../../../inventory/cluster/queries.ts'
import { list as listDataCenters } from '../../../inventory/data-center/queries.ts'
import { list as listHosts } from '../../../inventory/host/queries.ts'
import { list as listDisks } from '../../../storage/disk/queries.ts'
import { list as listDomains } from '../../../storage/domain/queries.ts'
import { list } from '../kernel/answer.ts'
import { found, pathId } from '../kernel/read.ts'
import { type ApiRequest, get, type Route } from '../kernel/route.ts'
import type { TypeName } from '../wire/types.ts'

/**
 * Collections that clients walk and in which this release never has anything: what there is none of is an empty list, not an error.
 * Creating in them is refused by the router (405) until the feature is there.
 */
type Empty = readonly [path: string, type: TypeName, wrapper: string, item: string]

const top: Empty[] = [
  ['/bookmarks', 'Bookmark', 'bookmarks', 'bookmark'],
  ['/groups', 'Group', 'groups', 'group'],
  ['/icons', 'Icon', 'icons', 'icon'],
  ['/instancetypes', 'InstanceType', 'instance_types', 'instance_type'],
  [
    '/openstacknetworkproviders',
    'OpenStackNetworkProvider',
    'openstack_network_providers',
    'openstack_network_provider',
  ],
  ['/vmpools', 'VmPool', 'vm_pools', 'vm_pool'],
]

const below: Readonly<Record<string, Empty[]>> = {
  vms: [
    ['applications', 'Application', 'applications', 'application'],
    ['backups', 'Backup', 'backups', 'backup'],
    ['checkpoints', 'Checkpoint', 'checkpoints', 'checkpoint'],
    ['floppies', 'Floppy', 'floppies', 'floppy'],
    ['hostdevices', 'HostDevice', 'host_devices', 'host_device'],
    ['mediateddevices', 'VmMediatedDevice', 'vm_mediated_devices', 'vm_mediated_device'],
    ['numanodes', 'VirtualNumaNode', 'vm_numa_nodes', 'vm_numa_node'],
    ['sessions', 'Session', 'sessions', 'session'],
    ['watchdogs', 'Watchdog', 'watchdogs', 'watchdog'],
  ],
  hosts: [
    ['devices', 'HostDevice', 'host_devices', 'host_device'],
    ['hooks', 'Hook', 'hooks', 'hook'],
    ['networkattachments', 'NetworkAttachment', 'network_attachments', 'network_attachment'],
    ['numanodes', 'NumaNode', 'host_numa_nodes', 'host_numa_node'],
    ['storage', 'HostStorage', 'host_storages', 'host_storage'],
    [
      'storageconnectionextensions',
      'StorageConnection',
      'storage_connection_extensions',
      'storage_connection_extension',
    ],
    ['unmanagednetworks', 'UnmanagedNetwork', 'unmanaged_networks', 'unmanaged_network'],
  ],
  clusters: [
    ['enabledfeatures', 'ClusterFeature', 'cluster_features', 'cluster_feature'],
    [
      'externalnetworkproviders',
      'OpenStackNetworkProvider',
      'openstack_network_providers',
      'openstack_network_provider',
    ],
  ],
  datacenters: [
    ['iscsibonds', 'IscsiBond', 'iscsi_bonds', 'iscsi_bond'],
    ['qoss', 'Qos', 'qoss', 'qos'],
    ['quotas', 'Quota', 'quotas', 'quota'],
  ],
  storagedomains: [
    ['disksnapshots', 'DiskSnapshot', 'disk_snapshots', 'disk_snapshot'],
    ['images', 'Image', 'images', 'image'],
    ['templates', 'Template', 'templates', 'template'],
    ['vms', 'Vm', 'vms', 'vm'],
  ],
  templates: [
    ['graphicsconsoles', 'GraphicsConsole', 'graphics_consoles', 'graphics_console'],
    ['mediateddevices', 'VmMediatedDevice', 'vm_mediated_devices', 'vm_mediated_device'],
    ['watchdogs', 'Watchdog', 'watchdogs', 'watchdog'],
  ],
  disks: [['disksnapshots', 'DiskSnapshot', 'disk_snapshots', 'disk_snapshot']],
}

/** 404 for an owner that the asker does not see, before the empty list says that it exists. */
const owners: Readonly<Record<string, (request: ApiRequest, id: string) => Promise<unknown[]>>> = {
  vms: (request, id) => ask(request.env, listVms, { ids: [id] }),
  hosts: (request, id) => ask(request.env, listHosts, { ids: [id] }),
  clusters: (request, id) => ask(request.env, listClusters, { ids: [id] }),
  datacenters: (request, id) => ask(request.env, listDataCenters, { ids: [id] }),
  storagedomains: (request, id) => ask(request.env, listDomains, { ids: [id] }),
  templates: (request, id) => ask(request.env, listTemplates, { ids: [id] }),
  disks: (request, id) => ask(request.env, listDisks, { ids: [id] }),
}

export const emptyRoutes: Route[] = [
  ...top.map(([path, type, wrapper, item]) => get(path, async () => list(type, wrapper, item, []))),
  ...Object.entries(below).flatMap(([owner, collections]) =>
    collections.map(([name, type, wrapper, item]) =>
      get(`/${owner}/:owner/${name}`, async request => {
        const id = pathId(request, 'owner')
        found((await owners[owner]?.(request, id))?.[0], owner, id)
        return list(type, wrapper, item, [])
      }),
    ),
  ),
]
