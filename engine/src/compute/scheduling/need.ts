import type { RefusalReason } from '@rookery/model'

/** What a run needs of a host. Everything that narrows the choice is compiled into this. Sizes are bytes. */
export interface Need {
  /** A start, a migration, or the restart of a highly available VM whose host died. */
  purpose: 'start' | 'migrate' | 'restart'
  /** Memory that is held for it: guaranteed memory and QEMU's own. */
  memory: number
  vcpus: number
  /** Of a high performance VM: it does best where the host has as much of each. Null: it does not matter. */
  topology: { sockets: number; cores: number; threads: number } | null
  highlyAvailable: boolean
  /** Only these, when not empty: pinned VMs, run once on a host. */
  hostIds: readonly string[]
  /** Hosts that are better than others: where it ran before, or where people would like it. */
  preferredHostIds: readonly string[]
  /** Hosts that are left out: those that are being emptied. */
  excludedHostIds: readonly string[]
  /** Hosts at which this guest could not go on, with what is unlike there. */
  unfit: ReadonlyMap<string, RefusalReason>
  /** Where it runs now; a migration goes elsewhere. */
  currentHostId: string | null
  networks: readonly Named[]
  storageDomains: readonly Named[]
  taskKinds: readonly string[]
  firmware: 'bios' | 'uefi' | 'uefi_secure'
  machine: 'pc' | 'q35'
  /** The libvirt CPU model that the guest is shown; null: whatever the host has. */
  cpuModel: string | null
  /** Memory of each NUMA node of the guest; empty: it has none of its own. */
  numaNodes: readonly number[]
  /** Huge pages that its memory is made of; null: ordinary pages. */
  hugePages: { size: number; count: number } | null
  /** Names of devices of the host that are passed to it. */
  hostDevices: readonly string[]
  affinity: readonly AffinityRule[]
}

/** Something by id, and as people know it. */
export interface Named {
  id: string
  name: string
}

/**
 * One rule of an affinity group or label that the VM is in, with the hosts that it points at now: for `vms` those on which the other
 * VMs of the group run, for `hosts` the hosts of the group. Positive: stay with them; negative: keep away.
 */
export interface AffinityRule {
  group: string
  kind: 'vms' | 'hosts'
  positive: boolean
  /** False: only preferred. */
  enforcing: boolean
  /** Rules of more priority weigh more. */
  priority: number
  hostIds: ReadonlySet<string>
}

/** What placement knows of a host. Sizes are bytes. */
export interface Candidate {
  id: string
  name: string
  status: string
  /** Physical memory. */
  memory: number
  /** Threads of all CPUs, and cores: which of both counts is the cluster's choice. */
  threads: number
  cores: number
  sockets: number
  coresPerSocket: number
  threadsPerCore: number
  /** Promised to runs, as is `reservedVcpus`; `vms` of them. */
  reservedMemory: number
  reservedVcpus: number
  vms: number
  /** Memory promised to highly available runs, and how many these are. */
  haMemory: number
  haVms: number
  isSpm: boolean
  networkIds: readonly string[]
  /** Storage domains that it has connected and that work there. */
  storageDomainIds: readonly string[]
  taskKinds: readonly string[]
  firmware: readonly string[]
  machines: readonly string[]
  /** CPU models that guests can be shown; null: its agent does not say. */
  cpuModels: readonly string[] | null
  /** Percent of all CPUs in use, the newest number; null before the first. */
  cpuUsed: number | null
  /** The smallest of these numbers in the time that the policy looks back over. */
  cpuUsedAtLeast: number | null
  /** Percent of its swap; null: it has none. */
  swapUsed: number | null
  /** Memory of each NUMA node; empty: its agent does not say. */
  numaNodes: readonly number[]
  hugePages: readonly { size: number; free: number }[]
  hostDevices: readonly string[]
  /** What a guest must find again where it goes on; null: its agent has not said. */
  kin: Kin | null
}

/** What of a host decides whether guests of it can go on at another, and the other way round. */
export interface Kin {
  /** Whether guests come in and go out at all. */
  migrates: boolean
  architecture: string
  acceleration: 'kvm' | 'tcg'
}

/** How a cluster wants its hosts filled. */
export interface Policy {
  /** Percent of the physical memory that may be promised: 100 none, 150 server, 200 desktop. */
  overcommit: number
  /** A thread counts as a core when guests' CPUs are counted. */
  threadsAsCores: boolean
  /** Most VMs that a host runs; null: as many as fit. */
  maxVms: number | null
  /** Room is kept for the highly available VMs of any one host. */
  haReservation: boolean
  /** Names of the filters that look, beside those that always do. */
  filters: readonly string[]
  /** Factors by the weights' names. */
  factors: Readonly<Record<string, number>>
  properties: PolicyProperties
}

/** The properties of policies as numbers (percent, minutes, bytes, counts); null: not said. */
export interface PolicyProperties {
  highUtilization: number
  lowUtilization: number
  cpuOverCommitDurationMinutes: number
  /** Bytes: a host with less free memory than this is over-used, with more than the other under-used. */
  maxFreeMemoryForOverUtilized: number | null
  minFreeMemoryForUnderUtilized: number | null
  highVmCount: number
  migrationThreshold: number
  spmVmGrace: number
  hostsInReserve: number
  enableAutomaticHostPowerManagement: boolean
}
