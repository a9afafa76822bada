/** A group with its members, named or by labels, as {@link contradiction} looks at it. */
export interface Members {
  name: string
  vmsEnabled: boolean
  vmsPositive: boolean
  vmsEnforcing: boolean
  hostsEnabled: boolean
  hostsPositive: boolean
  hostsEnforcing: boolean
  vmIds: readonly string[]
  hostIds: readonly string[]
}

/**
 * Two VMs that one enforcing group keeps together and another one apart, or a VM that one keeps on hosts which another keeps it away
 * from: no host could ever satisfy both. Returns the two groups' names; undefined when nothing contradicts. Pure.
 *
 * VMs that positive groups tie together, directly or through one another, count as one unit.
 */
export function contradiction(groups: readonly Members[]): { together: string; apart: string } | undefined {
  const unit = new Map<string, string>()
  const unitOf = (vm: string): string => {
    const above = unit.get(vm)
    if (above === undefined || above === vm) return vm
    const top = unitOf(above)
    unit.set(vm, top)
    return top
  }
  const enforcing = groups.filter(group => group.vmsEnabled && group.vmsEnforcing)
  const together = enforcing.filter(group => group.vmsPositive)
  for (const group of together) for (const vm of group.vmIds) unit.set(unitOf(vm), unitOf(group.vmIds[0] as string))
  for (const group of enforcing.filter(g => !g.vmsPositive)) {
    const seen = new Map<string, string>()
    for (const vm of group.vmIds) {
      const other = seen.get(unitOf(vm))
      if (other !== undefined) {
        const by = together.find(g => g.vmIds.some(v => unitOf(v) === unitOf(vm)))
        return { together: by?.name ?? group.name, apart: group.name }
      }
      seen.set(unitOf(vm), vm)
    }
  }
  const onHosts = groups.filter(group => group.hostsEnabled && group.hostsEnforcing && group.hostIds.length > 0)
  for (const on of onHosts.filter(g => g.hostsPositive))
    for (const off of onHosts.filter(g => !g.hostsPositive)) {
      const shared = on.vmIds.some(vm => off.vmIds.some(other => unitOf(vm) === unitOf(other)))
      // Hosts that are left over are enough.
      if (shared && on.hostIds.every(host => off.hostIds.includes(host))) return { together: on.name, apart: off.name }
    }
  return undefined
}
