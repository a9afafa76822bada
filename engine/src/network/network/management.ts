import type { Sql } from '../../db/index.ts'
import { noMacSpoofing } from '../vnic-profile/types.ts'

/** The management network of a data center: name, mode and profile are the same in each. */
export async function managementNetwork(
  sql: Sql,
  o: { dataCenterId: string; networkId: string; profileId: string },
): Promise<void> {
  await sql`insert into network (id, data_center_id, name, description, mode)
    values (${o.networkId}, ${o.dataCenterId}, 'ovirtmgmt', 'Management Network', 'nat')`
  await sql`insert into vnic_profile (id, network_id, name, network_filter)
    values (${o.profileId}, ${o.networkId}, 'ovirtmgmt', ${noMacSpoofing.name})`
}
