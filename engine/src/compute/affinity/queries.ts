import { z } from 'zod'
import { query } from '../../core/query.ts'
import { visible } from '../../core/visible.ts'
import { fragment } from '../../db/index.ts'
import { id } from '../../inventory/input.ts'
import { among, listOf, listRows } from '../../inventory/list.ts'
import type { AffinityGroupRow, AffinityLabelRow } from './types.ts'

/** Affinity groups of the clusters that the asker may see, by name. */
export const groups = query({
  name: 'affinityGroup.list',
  input: listOf({ clusterIds: z.array(id).optional(), vmIds: z.array(id).optional() }),
  run: (ctx, i): Promise<AffinityGroupRow[]> =>
    listRows<AffinityGroupRow>(ctx, 'affinity_group', i, {
      columns: fragment`v.*, ${broken} as broken`,
      and: [
        among(fragment`v.cluster_id`, i.clusterIds),
        i.vmIds === undefined
          ? undefined
          : fragment`exists (select 1 from affinity_group_member_vm m where m.group_id = v.id and m.vm_id = any (${i.vmIds}::uuid[]))`,
      ],
      orderBy: fragment`v.name, v.id`,
    }),
})

/** Whether the runs of a group's VMs stand where its rules, enforcing or not, do not want them. */
const broken = fragment`(
  v.vms_enabled and (
    select case when v.vms_positive then count(distinct r.host_id) > 1 else count(distinct r.host_id) < count(*) end
      from affinity_group_member_vm m join vm_run r on r.vm_id = m.vm_id and not r.incoming where m.group_id = v.id)
  or v.hosts_enabled and exists (select 1 from affinity_group_member_host h where h.group_id = v.id) and exists (
    select 1 from affinity_group_member_vm m join vm_run r on r.vm_id = m.vm_id and not r.incoming
     where m.group_id = v.id and v.hosts_positive <> exists (
       select 1 from affinity_group_member_host h where h.group_id = v.id and h.host_id = r.host_id)))`

/** Affinity labels, by name. They are words of the whole installation; which VMs and hosts carry one is told of those one may see. */
export const labels = query({
  name: 'affinityLabel.list',
  input: listOf({ vmIds: z.array(id).optional(), hostIds: z.array(id).optional() }),
  run: (ctx, i): Promise<AffinityLabelRow[]> =>
    listRows<AffinityLabelRow>(ctx, 'affinity_label', i, {
      columns: ctx.actor.everything
        ? fragment`v.*`
        : fragment`v.id, v.name, v.description, v.implicit_group, v.created_at, v.version,
            array(select m.vm_id from affinity_label_vm m where m.label_id = v.id
                     and m.vm_id in (select x.id from ${visible(ctx, 'vm')} x) order by 1) as vm_ids,
            array(select m.host_id from affinity_label_host m where m.label_id = v.id
                     and m.host_id in (select x.id from ${visible(ctx, 'host')} x) order by 1) as host_ids`,
      and: [
        i.vmIds === undefined
          ? undefined
          : fragment`exists (select 1 from affinity_label_vm m where m.label_id = v.id and m.vm_id = any (${i.vmIds}::uuid[]))`,
        i.hostIds === undefined
          ? undefined
          : fragment`exists (select 1 from affinity_label_host m where m.label_id = v.id and m.host_id = any (${i.hostIds}::uuid[]))`,
      ],
      orderBy: fragment`v.name, v.id`,
    }),
})
