import { humanBytes, MiB } from '@rookery/model'
import type { Filter } from './schedule.ts'

/** Memory that a host keeps for itself. */
export const hostReserve = 256 * MiB

const missing = (wanted: readonly string[], there: readonly string[]) => wanted.filter(id => !there.includes(id))

/** In this order; the names are oVirt's filters. */
export const filters: Readonly<Record<string, Filter>> = {
  Status: (_, host) => (host.status === 'up' ? null : `is ${host.status}`),
  PinToHost: (need, host) =>
    need.hostIds.length === 0 || need.hostIds.includes(host.id) ? null : 'is none of the hosts that this VM may run on',
  Capability: (need, host) => {
    const kinds = missing(need.taskKinds, host.taskKinds)
    if (kinds.length > 0) return `its agent does not know ${kinds.join(', ')}`
    if (!host.firmware.includes(need.firmware)) return `has no ${need.firmware} firmware for guests`
    return host.machines.includes(need.machine) ? null : `has no ${need.machine} machine for guests`
  },
  CPU: (need, host) => (host.cpus >= need.vcpus ? null : `has ${host.cpus} CPUs and the VM needs ${need.vcpus}`),
  Memory: (need, host, policy) => {
    const free = Math.floor((host.memory * policy.overcommit) / 100) - hostReserve - host.reservedMemory
    return free >= need.memory
      ? null
      : `has ${humanBytes(Math.max(0, free))} of memory left and the VM needs ${humanBytes(need.memory)}`
  },
  Network: (need, host) =>
    missing(need.networkIds, host.networkIds).length === 0 ? null : 'lacks a network that the VM uses',
  Storage: (need, host) =>
    missing(need.storageDomainIds, host.storageDomainIds).length === 0
      ? null
      : 'does not reach a storage domain that the VM uses',
}
