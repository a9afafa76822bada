import { randomUUID } from 'node:crypto'
import type { EngineDatabase } from '../../test/database.ts'
import { permissionTest } from '../../test/permission.ts'
import { site } from '../../test/site.ts'
import * as network from './network/operations.ts'
import * as vnicProfile from './vnic-profile/operations.ts'

const aDataCenter = async (db: EngineDatabase) => (await site(db)).dataCenter
const aNetwork = async (db: EngineDatabase) => (await site(db)).spareNetwork
const aProfile = async (db: EngineDatabase) => (await site(db)).spareProfile
const another = (what: string): string => `${what}-${randomUUID().slice(0, 8)}`

permissionTest(network.add, { object: aDataCenter, input: ({ id }) => ({ name: another('n'), dataCenterId: id }) })
permissionTest(network.update, { object: aNetwork, input: ({ id }) => ({ id, mtu: 1400 }) })
permissionTest(network.remove, { object: aNetwork, input: ({ id }) => ({ id }) })

/** The network that the test is about; whoever administrates a cluster alone does not see it. */
let networkId = ''
const besides = () => [{ kind: 'network' as const, id: networkId }]
/** A cluster, and a network of its data center that it has or lacks. */
const aCluster = (attached: boolean) => async (db: EngineDatabase) => {
  const { cluster, network: own, spareNetwork, nic } = await site(db)
  // A card would keep the network where it is.
  await db.db.sql`delete from nic where id = ${nic}`
  networkId = attached ? own : spareNetwork
  return cluster
}
permissionTest(network.attach, {
  object: aCluster(false),
  besides,
  input: ({ id }) => ({ clusterId: id, networkId }),
})
permissionTest(network.updateInCluster, {
  object: aCluster(true),
  besides,
  input: ({ id }) => ({ clusterId: id, networkId, required: false }),
})
permissionTest(network.detach, {
  object: aCluster(true),
  besides,
  input: ({ id }) => ({ clusterId: id, networkId }),
})

permissionTest(vnicProfile.add, { object: aNetwork, input: ({ id }) => ({ name: another('p'), networkId: id }) })
permissionTest(vnicProfile.update, { object: aProfile, input: ({ id }) => ({ id, description: 'x' }) })
permissionTest(vnicProfile.remove, { object: aProfile, input: ({ id }) => ({ id }) })
