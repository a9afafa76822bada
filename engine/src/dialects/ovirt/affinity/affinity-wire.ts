import type { AffinityGroupRow, AffinityLabelRow } from '../../../compute/affinity/types.ts'
import { apiBase } from '../http/address.ts'
import { linksBelow, stub } from '../kernel/answer.ts'
import { defined } from '../kernel/read.ts'
import { booleanAt, listAt, numberAt, structAt, textAt, type WireObject } from '../wire/wire-object.ts'

/** Address of a group: below its cluster. */
export const groupHref = (row: Pick<AffinityGroupRow, 'id' | 'clusterId'>): string =>
  `${apiBase}/clusters/${row.clusterId}/affinitygroups/${row.id}`

/** An affinity group as the API shows it. `positive` and `enforcing` are the older words for the rule between VMs. */
export function groupToWire(row: AffinityGroupRow): WireObject {
  const href = groupHref(row)
  return {
    id: row.id,
    href,
    link: linksBelow(href, ['hostlabels', 'hosts', 'vmlabels', 'vms']),
    name: row.name,
    description: row.description,
    broken: row.broken,
    cluster: stub('clusters', row.clusterId),
    enforcing: row.vmsEnforcing,
    positive: row.vmsPositive,
    priority: row.priority,
    // Beside the links: Ansible compares the hosts of the group as it was read.
    hosts: row.hostIds.map(id => stub('hosts', id) ?? {}),
    vms: row.vmIds.map(id => stub('vms', id) ?? {}),
    host_labels: row.hostLabelIds.map(id => stub('affinitylabels', id) ?? {}),
    vm_labels: row.vmLabelIds.map(id => stub('affinitylabels', id) ?? {}),
    hosts_rule: { enabled: row.hostsEnabled, enforcing: row.hostsEnforcing, positive: row.hostsPositive },
    vms_rule: { enabled: row.vmsEnabled, enforcing: row.vmsEnforcing, positive: row.vmsPositive },
  }
}

/** An affinity label as the API shows it. */
export function labelToWire(row: AffinityLabelRow, href = `${apiBase}/affinitylabels/${row.id}`): WireObject {
  return {
    id: row.id,
    href,
    link: linksBelow(`${apiBase}/affinitylabels/${row.id}`, ['hosts', 'vms']),
    name: row.name,
    description: row.description,
    has_implicit_affinity_group: row.implicitGroup,
    read_only: false,
  }
}

/** A rule as a body says it. One that says nothing of `enabled` and is there at all holds, as in oVirt. */
function ruleFromWire(body: WireObject, element: string) {
  const rule = structAt(body, element)
  if (rule === undefined) return undefined
  return defined({
    enabled: booleanAt(rule, 'enabled') ?? true,
    positive: booleanAt(rule, 'positive'),
    enforcing: booleanAt(rule, 'enforcing'),
  })
}

/** Ids of the members of a list; undefined when the element is absent. */
const idsIn = (body: WireObject, element: string): string[] | undefined =>
  listAt(body, element)?.flatMap(({ id }) => (id === undefined || id === '' ? [] : [id.toLowerCase()]))

/** What a `<affinity_group>` says; absent stays. */
export function groupFromWire(body: WireObject) {
  const older = defined({ positive: booleanAt(body, 'positive'), enforcing: booleanAt(body, 'enforcing') })
  const vmsRule =
    ruleFromWire(body, 'vms_rule') ?? (Object.keys(older).length === 0 ? undefined : { enabled: true, ...older })
  return defined({
    description: textAt(body, 'description'),
    priority: numberAt(body, 'priority'),
    vmsRule,
    hostsRule: ruleFromWire(body, 'hosts_rule'),
    vmIds: idsIn(body, 'vms'),
    hostIds: idsIn(body, 'hosts'),
    vmLabelIds: idsIn(body, 'vm_labels'),
    hostLabelIds: idsIn(body, 'host_labels'),
  })
}
