import type { Sql } from '../../db/index.ts'
import type { AffinityRule } from '../scheduling/need.ts'

interface Row {
  /** Of a group; a label has nothing but hosts. */
  label: boolean
  name: string
  priority: number
  vmsEnabled: boolean
  vmsPositive: boolean
  vmsEnforcing: boolean
  hostsEnabled: boolean
  hostsPositive: boolean
  hostsEnforcing: boolean
  /** Hosts on which other VMs of the group run. */
  elsewhere: string[]
  hostIds: string[]
}

/**
 * The rules of affinity groups and labels for one VM, with the hosts that they point at now. `leaving`: hosts that are being emptied;
 * VMs that are still there hold nobody back, they follow.
 */
export async function affinityOf(
  sql: Sql,
  vm: { id: string; clusterId: string },
  leaving: readonly string[] = [],
): Promise<AffinityRule[]> {
  const rows = await sql<Row>`
    select false as label, g.name, g.priority, g.vms_enabled, g.vms_positive, g.vms_enforcing, g.hosts_enabled, g.hosts_positive, g.hosts_enforcing,
           array(select distinct r.host_id::text from affinity_group_member_vm m join vm_run r on r.vm_id = m.vm_id
                  where m.group_id = g.id and m.vm_id <> ${vm.id}::uuid) as elsewhere,
           array(select m.host_id::text from affinity_group_member_host m where m.group_id = g.id) as host_ids
      from affinity_group g
     where g.cluster_id = ${vm.clusterId}::uuid
       and exists (select 1 from affinity_group_member_vm m where m.group_id = g.id and m.vm_id = ${vm.id}::uuid)
    union all
    select true, l.name, 0, false, false, false, false, false, false, '{}',
           array(select h.host_id::text from affinity_label_host h where h.label_id = l.id)
      from affinity_label_vm m join affinity_label l on l.id = m.label_id and l.implicit_group
     where m.vm_id = ${vm.id}::uuid
     order by 1, 3 desc, 2`
  const groups = rows.filter(row => !row.label)
  const labels = rows.filter(row => row.label)
  const staying = (ids: readonly string[]) => new Set(ids.filter(id => !leaving.includes(id)))
  return [
    ...groups.flatMap((group): AffinityRule[] => [
      ...(group.vmsEnabled
        ? [
            {
              group: group.name,
              kind: 'vms' as const,
              positive: group.vmsPositive,
              enforcing: group.vmsEnforcing,
              priority: group.priority,
              hostIds: staying(group.elsewhere),
            },
          ]
        : []),
      // A group without hosts says nothing about them.
      ...(group.hostsEnabled && group.hostIds.length > 0
        ? [
            {
              group: group.name,
              kind: 'hosts' as const,
              positive: group.hostsPositive,
              enforcing: group.hostsEnforcing,
              priority: group.priority,
              hostIds: new Set(group.hostIds),
            },
          ]
        : []),
    ]),
    ...labels.map(
      (label): AffinityRule => ({
        group: label.name,
        kind: 'hosts',
        positive: true,
        enforcing: true,
        priority: 1,
        hostIds: new Set(label.hostIds),
      }),
    ),
  ]
}
