import type { ClusterNetworkRow, NetworkRow } from '../../../network/network/types.ts'
import type { networkFilters } from '../../../network/vnic-profile/filters.ts'
import type { VnicProfileRow } from '../../../network/vnic-profile/types.ts'
import { apiBase } from '../http/address.ts'
import { linksBelow, stub } from '../kernel/answer.ts'
import type { WireObject } from '../wire/wire-object.ts'

/** A logical network; `member` adds what it is in one cluster. */
export function networkToWire(row: NetworkRow, member?: ClusterNetworkRow): WireObject {
  const href = `${apiBase}/networks/${row.id}`
  return {
    id: row.id,
    href: member === undefined ? href : `${apiBase}/clusters/${member.clusterId}/networks/${row.id}`,
    link: linksBelow(href, ['networklabels', 'permissions', 'vnicprofiles']),
    name: row.name,
    description: row.description,
    comment: row.comment,
    mtu: row.mtu,
    port_isolation: row.portIsolation,
    stp: row.stp,
    usages: row.usages,
    vdsm_name: row.name.length <= 15 ? row.name : `on${row.id.replaceAll('-', '').slice(0, 13)}`,
    vlan: row.vlan === null ? undefined : { id: String(row.vlan) },
    data_center: stub('datacenters', row.dataCenterId),
    ...(member === undefined
      ? {}
      : {
          cluster: stub('clusters', member.clusterId),
          display: member.usages.includes('display'),
          required: member.required,
          status: member.status,
        }),
  }
}

/** A vNIC profile. */
export function vnicProfileToWire(row: VnicProfileRow, filters: typeof networkFilters): WireObject {
  const href = `${apiBase}/vnicprofiles/${row.id}`
  const filter = filters.find(f => f.name === row.networkFilter)
  return {
    id: row.id,
    href,
    link: linksBelow(href, ['permissions']),
    name: row.name,
    description: row.description,
    migratable: row.migratable,
    network: stub('networks', row.networkId),
    network_filter: filter === undefined ? undefined : stub('networkfilters', filter.id),
    pass_through: { mode: row.passThrough ? 'enabled' : 'disabled' },
    port_mirroring: row.portMirroring,
  }
}

/** A network filter of the catalogue; parts of its version that are not known are -1 (fact sheet 2.4). */
export const filterToWire = (filter: (typeof networkFilters)[number]): WireObject => ({
  id: filter.id,
  href: `${apiBase}/networkfilters/${filter.id}`,
  name: filter.name,
  version: { major: filter.version.major, minor: filter.version.minor, build: -1, revision: -1 },
})
