import type { DomainModule } from '../core/registry.ts'
import { fragment } from '../db/index.ts'
import { searchOf } from '../search/index.ts'
import { list as macPoolList } from './mac-pool/queries.ts'
import { ensureNetwork, removeNetwork } from './network/hosts.ts'
import * as networks from './network/operations.ts'
import * as networkQueries from './network/queries.ts'
import { networkFields } from './search-fields.ts'
import * as vnicProfile from './vnic-profile/operations.ts'
import { list as vnicProfileList } from './vnic-profile/queries.ts'

/** Logical networks, vNIC profiles, MAC pools. */
export const network: DomainModule = {
  name: 'network',
  operations: [...Object.values(networks), ...Object.values(vnicProfile)],
  queries: [
    networkQueries.list,
    networkQueries.clusterNetworks,
    vnicProfileList,
    macPoolList,
    searchOf('network', 'network', networkFields, fragment`v.name, v.id`),
  ],
  jobs: [ensureNetwork, removeNetwork],
  reconcilers: [],
}
