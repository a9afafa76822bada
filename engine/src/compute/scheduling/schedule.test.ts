import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GiB, MiB } from '@rookery/model'
import { builtInPolicies, propertiesOf } from './policies.ts'
import { type Candidate, explain, type Need, type Policy, schedule } from './schedule.ts'
import { unitById } from './units.ts'

const named = (name: string): Policy => {
  const chosen = builtInPolicies.find(policy => policy.name === name)
  assert.ok(chosen)
  const word = (id: string) => unitById(id)?.name ?? ''
  return {
    overcommit: 100,
    threadsAsCores: true,
    maxVms: null,
    haReservation: false,
    filters: chosen.filters.map(({ unitId }) => word(unitId)),
    factors: Object.fromEntries(chosen.weights.map(({ unitId, factor }) => [word(unitId), factor])),
    properties: propertiesOf(chosen.properties),
  }
}
const policy = named('none')
const need = (changes: Partial<Need> = {}): Need => ({
  purpose: 'start',
  memory: GiB,
  vcpus: 2,
  topology: null,
  highlyAvailable: false,
  hostIds: [],
  preferredHostIds: [],
  excludedHostIds: [],
  unfit: new Map(),
  currentHostId: null,
  networks: [{ id: 'net', name: 'ovirtmgmt' }],
  storageDomains: [{ id: 'data', name: 'data1' }],
  taskKinds: ['vm.create'],
  firmware: 'bios',
  machine: 'q35',
  cpuModel: null,
  numaNodes: [],
  hugePages: null,
  hostDevices: [],
  affinity: [],
  ...changes,
})
const host = (id: string, changes: Partial<Candidate> = {}): Candidate => ({
  id,
  name: id,
  status: 'up',
  memory: 8 * GiB,
  threads: 8,
  cores: 4,
  sockets: 1,
  coresPerSocket: 4,
  threadsPerCore: 2,
  reservedMemory: 0,
  reservedVcpus: 0,
  vms: 0,
  haMemory: 0,
  haVms: 0,
  isSpm: false,
  networkIds: ['net'],
  storageDomainIds: ['data'],
  taskKinds: ['vm.create'],
  firmware: ['bios'],
  machines: ['pc', 'q35'],
  cpuModels: null,
  cpuUsed: 0,
  cpuUsedAtLeast: null,
  swapUsed: null,
  numaNodes: [],
  hugePages: [],
  hostDevices: [],
  kin: null,
  ...changes,
})
/** The host that is taken, or the reasons by host. */
const chosen = (n: Need, hosts: Candidate[], p = policy) => {
  const placement = schedule(n, hosts, p)
  return 'host' in placement ? placement.host.id : placement.refusals.map(r => [r.host, r.reason.code].join(' '))
}
const rule = (changes: Partial<Need['affinity'][number]>): Need['affinity'][number] => ({
  group: 'g',
  kind: 'vms',
  positive: true,
  enforcing: true,
  priority: 1,
  hostIds: new Set(),
  ...changes,
})

test('the emptier host is taken', () => {
  assert.equal(chosen(need(), [host('a', { reservedVcpus: 4 }), host('b')]), 'b')
})

test('equals are told apart by id, in whatever order they come', () => {
  assert.equal(chosen(need(), [host('b'), host('a')]), 'a')
})

test('each host that is left out says which filter refused it, as data and as a sentence', () => {
  const placement = schedule(need({ hostIds: ['z'] }), [host('a', { status: 'maintenance' }), host('b')], policy)
  assert.deepEqual('refusals' in placement && placement.refusals, [
    {
      hostId: 'a',
      host: 'a',
      filter: 'Status',
      reason: { code: 'status', status: 'maintenance' },
      sentence: 'is maintenance',
    },
    {
      hostId: 'b',
      host: 'b',
      filter: 'PinToHost',
      reason: { code: 'pinned' },
      sentence: 'is none of the hosts that this VM may run on',
    },
  ])
})

test('memory is counted with what is promised already, what the host keeps, and the over-commit of the cluster (R24, R54)', () => {
  const big = need({ memory: 8 * GiB })
  assert.deepEqual(chosen(big, [host('a')]), ['a memory'])
  for (const overcommit of [150, 200]) assert.equal(chosen(big, [host('a')], { ...policy, overcommit }), 'a')
  assert.deepEqual(chosen(need(), [host('a', { reservedMemory: 7 * GiB })]), ['a memory'])
  const [judged] = explain(need(), [host('a', { reservedMemory: 7 * GiB })], policy)
  assert.deepEqual(judged?.refusals[0]?.reason, { code: 'memory', free: 768 * MiB, need: GiB })
  assert.equal(judged?.refusals[0]?.sentence, 'has 768 MiB of memory left and the VM needs 1 GiB')
})

test('networks, storage, firmware, machine and the agent must do, and what is missing has its name', () => {
  assert.deepEqual(chosen(need(), [host('a', { networkIds: [] })]), ['a network'])
  assert.deepEqual(chosen(need(), [host('a', { storageDomainIds: [] })]), ['a storage'])
  assert.deepEqual(chosen(need({ firmware: 'uefi' }), [host('a')]), ['a firmware'])
  assert.deepEqual(chosen(need({ machine: 'pc' }), [host('a', { machines: ['q35'] })]), ['a machine'])
  assert.deepEqual(chosen(need({ taskKinds: ['vm.create@2'] }), [host('a')]), ['a agent'])
  const [judged] = explain(need(), [host('a', { networkIds: [] })], policy)
  assert.equal(judged?.refusals[0]?.sentence, 'lacks a network that the VM uses: ovirtmgmt')
})

test('a thread counts as a CPU only where the cluster says so (R63)', () => {
  assert.equal(chosen(need({ vcpus: 6 }), [host('a')]), 'a')
  assert.deepEqual(chosen(need({ vcpus: 6 }), [host('a')], { ...policy, threadsAsCores: false }), ['a cpu_count'])
})

test('the CPU model that guests are shown must be there, unless the host does not say what it has (R31)', () => {
  const wants = need({ cpuModel: 'Skylake-Server' })
  assert.deepEqual(chosen(wants, [host('a', { cpuModels: ['Nehalem'] })]), ['a cpu_level'])
  assert.equal(chosen(wants, [host('a', { cpuModels: ['Nehalem', 'Skylake-Server'] })]), 'a')
  assert.equal(chosen(wants, [host('a')]), 'a')
})

test('a host that was too busy for too long, or swaps, is left out while there is another one', () => {
  for (const changes of [{ cpuUsed: 95, cpuUsedAtLeast: 91 }, { swapUsed: 95 }]) {
    const busy = host('a', changes)
    const other = host('b', { reservedVcpus: 7 })
    assert.equal(chosen(need(), [busy, other]), 'b')
    const why = (hosts: Candidate[]) => explain(need(), hosts, policy).map(r => [r.host.id, r.refusals.length])
    assert.deepEqual(why([busy, other]), [
      ['b', 0],
      ['a', 1],
    ])
    // A laptop that is busy with something else starts its VM all the same.
    assert.equal(chosen(need(), [busy, host('b', { status: 'maintenance' })]), 'a')
    assert.deepEqual(why([busy]), [['a', 0]])
    // What keeps a host from being able is told with the rest.
    const away = host('a', { ...changes, status: 'maintenance' })
    assert.deepEqual(chosen(need(), [away]), ['a status'])
  }
  assert.equal(chosen(need(), [host('a', { cpuUsed: 95 }), host('b', { reservedVcpus: 7 })]), 'a')
})

test('NUMA nodes, huge pages, devices and the number of VMs are looked at (R64)', () => {
  const numa = need({ numaNodes: [3 * GiB] })
  assert.deepEqual(chosen(numa, [host('a', { numaNodes: [2 * GiB, 2 * GiB] })]), ['a numa'])
  assert.equal(chosen(numa, [host('a', { numaNodes: [4 * GiB] })]), 'a')
  const huge = need({ hugePages: { size: 2 * MiB, count: 512 } })
  assert.deepEqual(chosen(huge, [host('a')]), ['a huge_pages'])
  assert.equal(chosen(huge, [host('a', { hugePages: [{ size: 2 * MiB, free: 600 }] })]), 'a')
  assert.deepEqual(chosen(need({ hostDevices: ['pci_1'] }), [host('a')]), ['a host_device'])
  assert.deepEqual(chosen(need(), [host('a', { vms: 3 })], { ...policy, maxVms: 3 }), ['a max_vms'])
})

test('a migration goes neither to where the VM runs nor to hosts that are being emptied (R58)', () => {
  const moving = need({ purpose: 'migrate', currentHostId: 'a', excludedHostIds: ['b'] })
  assert.deepEqual(chosen(moving, [host('a'), host('b')]), ['a current', 'b excluded'])
  assert.equal(chosen(moving, [host('a'), host('b'), host('c')]), 'c')
})

test('enforcing groups keep VMs together or apart, and on or off hosts', () => {
  const both = [host('a'), host('b', { reservedVcpus: 4 })]
  const at = (changes: Partial<Need['affinity'][number]>) => chosen(need({ affinity: [rule(changes)] }), both)
  assert.equal(at({ hostIds: new Set(['b']) }), 'b')
  assert.equal(at({ positive: false, hostIds: new Set(['a']) }), 'b')
  assert.equal(at({ hostIds: new Set() }), 'a', 'the first VM of a group begins anywhere')
  assert.equal(at({ kind: 'hosts', hostIds: new Set(['b']) }), 'b')
  assert.deepEqual(at({ positive: false, hostIds: new Set(['a', 'b']) }), ['a vm_affinity', 'b vm_affinity'])
  assert.deepEqual(at({ kind: 'hosts', hostIds: new Set(['z']) }), ['a host_affinity', 'b host_affinity'])
})

test('groups that only prefer give way when they must', () => {
  const soft = rule({ kind: 'hosts', enforcing: false, hostIds: new Set(['b']) })
  const wish = need({ affinity: [soft] })
  assert.equal(chosen(wish, [host('a'), host('b', { reservedVcpus: 4 })]), 'b')
  assert.equal(chosen(wish, [host('a'), host('b', { status: 'maintenance' })]), 'a')
})

test('power_saving fills the host that has VMs already, evenly_distributed the empty one, vm_evenly_distributed the one with fewer', () => {
  const hosts = [
    host('busy', { vms: 2, reservedVcpus: 4, reservedMemory: 4 * GiB, cpuUsed: 30 }),
    host('empty', { vms: 0 }),
    host('calm', { vms: 5, reservedVcpus: 1, reservedMemory: GiB, cpuUsed: 5 }),
  ]
  assert.equal(chosen(need(), hosts, named('power_saving')), 'busy')
  assert.equal(chosen(need(), hosts, named('evenly_distributed')), 'empty')
  assert.equal(chosen(need(), [hosts[0], hosts[2]] as Candidate[], named('vm_evenly_distributed')), 'busy')
  const full = { ...hosts[0], cpuUsed: 85 } as Candidate
  assert.equal(chosen(need(), [full, hosts[2]] as Candidate[], named('power_saving')), 'calm')
})

test('while a cluster is in maintenance only highly available VMs start, and any VM may migrate', () => {
  const inMaintenance = named('cluster_maintenance')
  assert.deepEqual(chosen(need(), [host('a')], inMaintenance), ['a cluster_maintenance'])
  assert.equal(chosen(need({ highlyAvailable: true }), [host('a')], inMaintenance), 'a')
  assert.equal(chosen(need({ purpose: 'migrate' }), [host('a')], inMaintenance), 'a')
})

test('room is kept for the highly available VMs of any one host when the cluster says so (R59)', () => {
  const reserving = { ...policy, haReservation: true }
  const hosts = [
    host('a', { reservedMemory: 4 * GiB, haMemory: 4 * GiB, haVms: 1 }),
    host('b', { reservedMemory: 3 * GiB }),
  ]
  // b has 4.75 GiB left, of which 4 are a's should it die.
  assert.deepEqual(chosen(need({ hostIds: ['b'] }), hosts, reserving), ['a pinned', 'b ha_reservation'])
  assert.equal(chosen(need({ hostIds: ['b'] }), hosts), 'b')
  assert.equal(chosen(need({ hostIds: ['b'], memory: 512 * MiB }), hosts, reserving), 'b')
  const more = need({ hostIds: ['a'], highlyAvailable: true })
  assert.deepEqual(chosen(more, hosts, reserving), ['a ha_reservation', 'b pinned'])
})

test('a weight ranks a host by how many come after it, equals alike, and factors multiply ranks as in oVirt', () => {
  const only = { ...policy, factors: { OptimalForEvenGuestDistribution: 3 } }
  const judged = explain(need(), [host('a', { vms: 1 }), host('b', { vms: 1 }), host('c', { vms: 9 })], only)
  assert.deepEqual(
    judged.map(each => [each.host.id, each.weighed[0]?.rank, each.score]),
    [
      ['a', 2, 6],
      ['b', 2, 6],
      ['c', 0, 0],
    ],
  )
})

test('explain tells every reason against a host, and puts first what could be done with the least', () => {
  const judged = explain(
    need({ hostIds: ['x'] }),
    [host('a', { status: 'maintenance', networkIds: [] }), host('b'), host('x')],
    policy,
  )
  assert.deepEqual(
    judged.map(({ host: { id }, refusals }) => [id, refusals.map(r => r.reason.code)]),
    [
      ['x', []],
      ['b', ['pinned']],
      ['a', ['status', 'pinned', 'network']],
    ],
  )
})

test('without hosts there are no refusals either', () => {
  assert.deepEqual(schedule(need(), [], policy), { refusals: [] })
})

test('what is chosen is what explain puts first, for any hosts', () => {
  for (let seed = 1; seed < 60; seed++) {
    const random = (n: number) => (Math.imul(seed, 2654435761 + n) >>> 0) / 2 ** 32
    const hosts = Array.from({ length: 7 }, (_, n) =>
      host(`h${n}`, {
        reservedMemory: Math.floor(random(n) * 9) * GiB,
        reservedVcpus: Math.floor(random(n + 50) * 8),
        status: random(n + 90) < 0.2 ? 'maintenance' : 'up',
      }),
    )
    const placement = schedule(need(), hosts, policy)
    const [first] = explain(need(), hosts, policy)
    assert.equal('host' in placement ? placement.host.id : null, first?.refusals.length === 0 ? first.host.id : null)
  }
})
