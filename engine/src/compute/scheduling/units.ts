import type { chosen } from './filters.ts'
import type { weights } from './weights.ts'

/** What policies are made of: filters, weights, and ways to balance. Names, ids and properties are oVirt's. */
export interface PolicyUnit {
  id: string
  name: string
  type: 'filter' | 'weight' | 'load_balancing'
  description: string
  properties: readonly PropertyName[]
}

/** Every property of policies with the values that it takes, as oVirt writes both. */
export const propertyForms = {
  CpuOverCommitDurationMinutes: '^([1-9][0-9]*)$',
  EnableAutomaticHostPowerManagement: '^(true|false)$',
  HighUtilization: '^([5-9][0-9])$',
  HighVmCount: '^([0-9]|[1-9][0-9]+)$',
  HostsInReserve: '^[0-9][0-9]*$',
  LowUtilization: '^([0-9]|[1-4][0-9])$',
  MaxFreeMemoryForOverUtilized: '^([1-9][0-9]*)$',
  MigrationThreshold: '^([2-9]|[1-9][0-9]+)$',
  MinFreeMemoryForUnderUtilized: '^([1-9][0-9]*)$',
  SpmVmGrace: '^([0-9]|[1-9][0-9]+)$',
} as const

/** A property of a policy. */
export type PropertyName = keyof typeof propertyForms

/** Whether a word names a property of policies. */
export const isProperty = (word: string): word is PropertyName => Object.hasOwn(propertyForms, word)

const filter = (
  name: keyof typeof chosen,
  id: string,
  description: string,
  properties: readonly PropertyName[] = [],
): PolicyUnit => ({ id, name, type: 'filter', description, properties })
const weight = (
  name: keyof typeof weights,
  id: string,
  description: string,
  properties: readonly PropertyName[] = [],
): PolicyUnit => ({ id, name, type: 'weight', description, properties })
const balance = (name: string, id: string, description: string, properties: readonly PropertyName[] = []) =>
  ({ id, name, type: 'load_balancing', description, properties }) satisfies PolicyUnit

const load = ['HighUtilization', 'CpuOverCommitDurationMinutes'] as const
const memory = ['MaxFreeMemoryForOverUtilized', 'MinFreeMemoryForUnderUtilized'] as const

/** The ways to balance, by their names. */
export const balances = {
  None: balance('None', '38440000-8cf0-14bd-c43e-10b96e4ef00a', 'Leaves VMs where they are.'),
  OptimalForEvenDistribution: balance(
    'OptimalForEvenDistribution',
    '7db4ab05-81ab-42e8-868a-aee2df483ed2',
    'Moves VMs off hosts that are busy for too long.',
    [...load, ...memory],
  ),
  OptimalForPowerSaving: balance(
    'OptimalForPowerSaving',
    '736999d0-1023-46a4-9a75-1316ed50e151',
    'Moves VMs off hosts with little to do, so that these can sleep.',
    [...load, 'LowUtilization', 'HostsInReserve', 'EnableAutomaticHostPowerManagement', ...memory],
  ),
  OptimalForEvenGuestDistribution: balance(
    'OptimalForEvenGuestDistribution',
    'd58c8e32-44e1-418f-9222-52cd887bf9e0',
    'Keeps the number of VMs about equal on all hosts.',
    ['HighVmCount', 'MigrationThreshold', 'SpmVmGrace'],
  ),
} as const

/** Every unit. */
export const units: readonly PolicyUnit[] = [
  filter(
    'ClusterInMaintenance',
    '0bd8fef9-bcb4-4250-9998-410f01608d9b',
    'Lets only highly available VMs start while the cluster is worked on.',
  ),
  filter('CPU', '6d636bf6-a35c-4f9d-b68d-0731f720cddc', 'The host has as many CPUs as the VM.'),
  filter('CPUOverloaded', '98842bc5-4094-4b83-8224-7b50f86a94c9', 'The host has not been too busy for too long.', load),
  filter('Emulated-Machine', '58894b5b-d55d-4f85-8f82-5bf217e640b0', 'The host has the machine type of the VM.'),
  filter('Swap', '43b9e654-337f-4b0d-a896-cbb22ce5a7fc', 'The host does not live on its swap.'),
  filter('Memory', 'c9ddbb34-0e1d-4061-a8d7-b0893fa80932', 'The host can promise the memory of the VM.'),
  filter('NUMA', 'fcbfe4b1-b83e-4428-b9d3-b3d348b93be6', "The host's NUMA nodes hold those of the VM."),
  filter('HugePages', '23e07b34-66dd-4735-bc45-bcddded02c05', 'The host has the huge pages of the VM.'),
  filter('Migration', 'e659c871-0bf1-4ccc-b748-f28f5d08ddda', 'A VM does not migrate to where it runs.'),
  filter(
    'VmAffinityGroups',
    '84e6ddee-ab0d-42dd-82f0-c297779db566',
    'Keeps VMs together or apart where an affinity group demands it.',
  ),
  filter(
    'VmToHostsAffinityGroups',
    'e69808a9-8a41-40f1-94ba-dd5d385d82d8',
    'Keeps VMs on or off hosts where an affinity group or label demands it.',
  ),
  filter('Network', '72163d1c-9468-4480-99d9-0888664eb143', 'The host has the networks of the VM.'),
  weight(
    'OptimalForCpuEvenDistribution',
    '7db4ab05-81ab-42e8-868a-aee2df483edb',
    'The less of its CPUs is in use the better.',
  ),
  weight(
    'OptimalForMemoryEvenDistribution',
    '4134247a-9c58-4b9a-8593-530bb9e37c59',
    'The more memory is left the better.',
  ),
  weight(
    'OptimalForCpuPowerSaving',
    '736999d0-1023-46a4-9a75-1316ed50e15b',
    'The more of its CPUs is in use the better, up to the limit.',
    ['HighUtilization'],
  ),
  weight(
    'OptimalForMemoryPowerSaving',
    '9dfe6086-646d-43b8-8eef-4d94de8472c8',
    'The less memory is left the better.',
    memory,
  ),
  weight(
    'OptimalForEvenGuestDistribution',
    '3ba8c988-f779-42c0-90ce-caa8243edee7',
    'The fewer VMs it runs the better.',
    ['SpmVmGrace'],
  ),
  weight('PreferredHosts', '591cdb81-ba67-45b4-9642-e28f61a97d57', 'Hosts that were named for the VM are better.'),
  weight(
    'OptimalForHaReservation',
    '7f262d70-6cac-11e3-981f-0800200c9a66',
    'Spreads highly available VMs, so that one host takes few of them along.',
  ),
  weight(
    'VmAffinityGroups',
    '84e6ddee-ab0d-42dd-82f0-c297779db567',
    'Hosts that break fewer rules of affinity groups between VMs are better.',
  ),
  weight(
    'VmToHostsAffinityGroups',
    '427aed70-dae3-48ba-8fe9-a902a9d563c8',
    'Hosts that break fewer rules of affinity groups and labels between VMs and hosts are better.',
  ),
  weight(
    'CPU for high performance VMs',
    '71931e14-f0e6-4f91-a7c8-d494a26e3a09',
    'For high performance VMs: hosts with at least their sockets, cores and threads are better.',
  ),
  weight(
    'CPU and NUMA pinning compatibility',
    '1b14ac11-20e9-4593-a149-2eb83c60a330',
    'Hosts with as many NUMA nodes as the VM are better.',
  ),
  weight('None', '38440000-8cf0-14bd-c43e-10b96e4ef00b', 'All hosts are alike.'),
  ...Object.values(balances),
]

/** The unit of this id; undefined: there is none. */
export const unitById = (id: string): PolicyUnit | undefined => units.find(unit => unit.id === id)

/** The unit of this name and type. */
export const unitByName = (type: PolicyUnit['type'], name: string): PolicyUnit | undefined =>
  units.find(unit => unit.type === type && unit.name === name)
