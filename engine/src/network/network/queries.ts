import { z } from 'zod'
import { query } from '../../core/query.ts'
import { visible } from '../../core/visible.ts'
import { fragment, join } from '../../db/index.ts'
import { id } from '../../inventory/input.ts'
import { among, listOf, listRows } from '../../inventory/list.ts'
import type { ClusterNetworkRow, NetworkRow } from './types.ts'

/** Logical networks, by name. */
export const list = query({
  name: 'network.list',
  input: listOf({ dataCenterIds: z.array(id).optional() }),
  run: (ctx, i): Promise<NetworkRow[]> =>
    listRows(ctx, 'network', i, {
      and: [among(fragment`v.data_center_id`, i.dataCenterIds)],
      orderBy: fragment`v.name, v.id`,
    }),
})

/** Networks in clusters: whether required, used for what, and whether every host that is up has it. */
export const clusterNetworks = query({
  name: 'clusterNetwork.list',
  input: z.strictObject({
    clusterIds: z.array(id).max(10_000).optional(),
    networkIds: z.array(id).max(10_000).optional(),
    max: z.int().min(0).optional(),
  }),
  run(ctx, i): Promise<ClusterNetworkRow[]> {
    const conditions = [
      fragment`true`,
      ...[among(fragment`c.cluster_id`, i.clusterIds), among(fragment`c.network_id`, i.networkIds)].filter(
        f => f !== undefined,
      ),
    ]
    return ctx.sql<ClusterNetworkRow>`
      select v.id, v.data_center_id, v.name, v.description, v.comment, v.mode, v.vlan, v.mtu, v.stp, v.vm_network,
             v.port_isolation, v.created_at, v.version, c.cluster_id, c.required,
             case when v.vm_network then array_append(array_remove(c.usages, 'vm'), 'vm') else c.usages end as usages,
             case when c.required and exists (
               select 1 from host h where h.cluster_id = c.cluster_id and h.status in ('up', 'non_operational')
                  and not exists (select 1 from host_network x where x.host_id = h.id and x.network_id = c.network_id)
             ) then 'non_operational' else 'operational' end as status
        from cluster_network c join ${visible(ctx, 'network')} v on v.id = c.network_id
       where ${join(conditions, ' and ')} order by v.name, c.cluster_id limit ${i.max ?? null}::bigint`
  },
})
