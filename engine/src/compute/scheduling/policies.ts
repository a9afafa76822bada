import { MiB } from '@rookery/model'
import type { PolicyProperties } from './need.ts'
import { balances, type PropertyName, unitByName } from './units.ts'

/** A scheduling policy: which filters look, what weighs how much, and how VMs are moved about. */
export interface SchedulingPolicy {
  id: string
  name: string
  description: string
  /** Of the product: cannot be changed. */
  locked: boolean
  /** What a new cluster gets. */
  isDefault: boolean
  /** Units by id; `position` is -1 for the first, 1 for the last, 0 for any between. */
  filters: readonly { unitId: string; position: number }[]
  weights: readonly { unitId: string; factor: number }[]
  balanceIds: readonly string[]
  properties: Readonly<Partial<Record<PropertyName, string>>>
}

/** The policy of new clusters. */
export const policyNoneId = 'b4ed2332-a7ac-4d5f-9596-99a439cb2812'

const idOf = (type: 'filter' | 'weight', name: string): string => {
  const unit = unitByName(type, name)
  if (unit === undefined) throw new Error(`there is no ${type} ${name}`)
  return unit.id
}

const usual = [
  'CPU',
  'CPUOverloaded',
  'Emulated-Machine',
  'Swap',
  'Memory',
  'NUMA',
  'HugePages',
  'Migration',
  'VmAffinityGroups',
  'VmToHostsAffinityGroups',
  'Network',
]

const everywhere = {
  PreferredHosts: 99,
  OptimalForHaReservation: 1,
  VmAffinityGroups: 1,
  VmToHostsAffinityGroups: 20,
  'CPU for high performance VMs': 4,
  'CPU and NUMA pinning compatibility': 5,
}
const evenly = { OptimalForCpuEvenDistribution: 2, OptimalForMemoryEvenDistribution: 1 }
const busy = { CpuOverCommitDurationMinutes: '2', HighUtilization: '80' }

function builtIn(
  name: string,
  id: string,
  description: string,
  of: {
    filters?: readonly string[]
    weights: Readonly<Record<string, number>>
    balance: keyof typeof balances
    properties: SchedulingPolicy['properties']
  },
): SchedulingPolicy {
  const names = [...(of.filters ?? []), ...usual]
  return {
    id,
    name,
    description,
    locked: true,
    isDefault: id === policyNoneId,
    filters: names.map((filter, n) => ({
      unitId: idOf('filter', filter),
      position: n === 0 ? -1 : n === names.length - 1 ? 1 : 0,
    })),
    weights: Object.entries({ ...of.weights, ...everywhere }).map(([weight, factor]) => ({
      unitId: idOf('weight', weight),
      factor,
    })),
    balanceIds: [balances[of.balance].id],
    properties: of.properties,
  }
}

/** The policies that every installation has; names, ids, factors and properties are oVirt's (fact sheet 6.6). */
export const builtInPolicies: readonly SchedulingPolicy[] = [
  builtIn('none', policyNoneId, 'Spreads VMs when they start and leaves them there.', {
    weights: evenly,
    balance: 'None',
    properties: busy,
  }),
  builtIn(
    'evenly_distributed',
    '20d25257-b4bd-4589-92a6-c4c5c5d3fd1a',
    'Spreads VMs by load, and moves them off busy hosts.',
    { weights: evenly, balance: 'OptimalForEvenDistribution', properties: busy },
  ),
  builtIn(
    'power_saving',
    '5a2b0939-7d46-4b73-a469-e9c2c7fc6a53',
    'Fills hosts one after the other, and empties those with little to do.',
    {
      weights: { OptimalForCpuPowerSaving: 2, OptimalForMemoryPowerSaving: 1 },
      balance: 'OptimalForPowerSaving',
      properties: { ...busy, LowUtilization: '20' },
    },
  ),
  builtIn(
    'vm_evenly_distributed',
    '8d5d7bec-68de-4a67-b53e-0ac54686d579',
    'Spreads VMs by their number, and moves them when one host has many more.',
    {
      weights: { OptimalForEvenGuestDistribution: 2 },
      balance: 'OptimalForEvenGuestDistribution',
      properties: { ...busy, HighVmCount: '10', MigrationThreshold: '5', SpmVmGrace: '5' },
    },
  ),
  builtIn(
    'cluster_maintenance',
    '7677771e-5eab-422e-83fa-dc04080d21b7',
    'For work on the cluster: only highly available VMs start.',
    { filters: ['ClusterInMaintenance'], weights: evenly, balance: 'None', properties: busy },
  ),
]

/** The properties of a policy with what its cluster says over them, as numbers. Memory is said in MiB. */
export function propertiesOf(...said: readonly SchedulingPolicy['properties'][]): PolicyProperties {
  const all: SchedulingPolicy['properties'] = Object.assign({}, ...said)
  const number = (name: PropertyName, absent: number) => (all[name] === undefined ? absent : Number(all[name]))
  const memory = (name: PropertyName) => (all[name] === undefined ? null : Number(all[name]) * MiB)
  return {
    highUtilization: number('HighUtilization', 80),
    lowUtilization: number('LowUtilization', 20),
    cpuOverCommitDurationMinutes: number('CpuOverCommitDurationMinutes', 2),
    maxFreeMemoryForOverUtilized: memory('MaxFreeMemoryForOverUtilized'),
    minFreeMemoryForUnderUtilized: memory('MinFreeMemoryForUnderUtilized'),
    highVmCount: number('HighVmCount', 10),
    migrationThreshold: number('MigrationThreshold', 5),
    spmVmGrace: number('SpmVmGrace', 5),
    hostsInReserve: number('HostsInReserve', 0),
    enableAutomaticHostPowerManagement: all.EnableAutomaticHostPowerManagement === 'true',
  }
}
