import { fragment } from '../db/index.ts'
import type { SearchField, SearchTable } from '../search/index.ts'

const inDataCenter: NonNullable<SearchField['within']> = (c, seen) =>
  fragment`exists (select 1 from ${seen('data_center')} d where d.id = v.data_center_id and ${c})`
const inCluster: NonNullable<SearchField['within']> = (c, seen) =>
  fragment`exists (select 1 from ${seen('cluster')} k join cluster_network cn on cn.cluster_id = k.id where cn.network_id = v.id and ${c})`

/** What networks can be searched by (fact sheet 1.8). */
export const networkFields: SearchTable = {
  fields: {
    name: { sql: fragment`v.name`, type: 'text' },
    id: { sql: fragment`v.id`, type: 'id' },
    description: { sql: fragment`v.description`, type: 'text' },
    comment: { sql: fragment`v.comment`, type: 'text' },
    vlanid: { sql: fragment`v.vlan`, type: 'number' },
    stp: { sql: fragment`v.stp`, type: 'boolean' },
    mtu: { sql: fragment`v.mtu`, type: 'number' },
    vmnetwork: { sql: fragment`v.vm_network`, type: 'boolean' },
    datacenter: { sql: fragment`d.name`, type: 'text', within: inDataCenter },
    'datacenter.name': { sql: fragment`d.name`, type: 'text', within: inDataCenter },
    'cluster.name': { sql: fragment`k.name`, type: 'text', within: inCluster },
    'clusters.name': { sql: fragment`k.name`, type: 'text', within: inCluster },
    // Neither exists in this release; the words are known so that searches of clients are no errors.
    label: { sql: fragment`null::text`, type: 'text' },
    provider_name: { sql: fragment`null::text`, type: 'text' },
    qos_name: { sql: fragment`null::text`, type: 'text' },
  },
  default: ['name', 'description', 'comment'],
  prefixes: ['network', 'networks'],
}
