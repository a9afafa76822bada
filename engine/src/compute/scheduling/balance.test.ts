import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GiB } from '@rookery/model'
import { balance, type Load, powerPlan } from './balance.ts'
import { noCapability } from './capability.ts'
import type { Candidate, Policy } from './need.ts'
import { builtInPolicies, propertiesOf, type SchedulingPolicy } from './policies.ts'

const load = (id: string, cpu: number, changes: Partial<Candidate> = {}, since = true): Load => ({
  host: {
    ...noCapability,
    id,
    name: id,
    status: 'up',
    memory: 8 * GiB,
    reservedMemory: 0,
    reservedVcpus: 0,
    vms: 2,
    haMemory: 0,
    haVms: 0,
    isSpm: false,
    networkIds: [],
    storageDomainIds: [],
    cpuUsed: cpu,
    cpuUsedAtLeast: null,
    swapUsed: null,
    ...changes,
  },
  cpuLeast: since ? cpu : null,
  cpuMost: since ? cpu : null,
})
const move = (name: string, loads: Load[], properties: SchedulingPolicy['properties'] = {}) => {
  const chosen = builtInPolicies.find(each => each.name === name)
  assert.ok(chosen)
  const policy: Policy = {
    overcommit: 100,
    threadsAsCores: false,
    maxVms: null,
    haReservation: false,
    filters: [],
    factors: {},
    properties: propertiesOf(chosen.properties, properties),
  }
  return balance(chosen.balanceIds[0], loads, policy)
}

test('none and cluster_maintenance leave VMs where they are', () => {
  for (const name of ['none', 'cluster_maintenance']) assert.equal(move(name, [load('a', 99), load('b', 1)]), null)
})

test('evenly_distributed takes VMs off a host that was too busy for long enough, for those well below the limit', () => {
  assert.deepEqual(move('evenly_distributed', [load('a', 90), load('b', 10), load('c', 75)]), {
    fromHostId: 'a',
    toHostIds: ['b'],
    why: 'cpu',
  })
  assert.equal(move('evenly_distributed', [load('a', 90, {}, false), load('b', 10)]), null, 'busy only now')
  assert.equal(move('evenly_distributed', [load('a', 90), load('b', 85)]), null, 'nobody has room')
  assert.equal(move('evenly_distributed', [load('a', 90), load('b', 5, { status: 'maintenance' })]), null)
})

test('evenly_distributed looks at memory when it is told what is little', () => {
  const loads = [load('a', 10, { reservedMemory: 7 * GiB }), load('b', 10)]
  assert.equal(move('evenly_distributed', loads), null)
  const limits = { MaxFreeMemoryForOverUtilized: '1024', MinFreeMemoryForUnderUtilized: '2048' }
  assert.deepEqual(move('evenly_distributed', loads, limits), { fromHostId: 'a', toHostIds: ['b'], why: 'memory' })
})

test('power_saving empties the host with the least to do, onto those that work, and among idle ones always the same way (R65)', () => {
  assert.deepEqual(move('power_saving', [load('a', 5), load('b', 40), load('c', 0, { vms: 0 })]), {
    fromHostId: 'a',
    toHostIds: ['b'],
    why: 'idle',
  })
  const idle = [load('a', 5, { vms: 1 }), load('b', 5, { vms: 3 })]
  assert.equal(move('power_saving', idle)?.fromHostId, 'a')
  assert.equal(move('power_saving', [load('a', 5, { vms: 0 }), load('b', 5, { vms: 4 })]), null, 'it is empty already')
})

test('vm_evenly_distributed moves when the difference is worth it, counting the storage role', () => {
  const loads = (a: number, b: number) => [load('a', 5, { vms: a }), load('b', 5, { vms: b, isSpm: true })]
  assert.deepEqual(move('vm_evenly_distributed', loads(12, 2)), { fromHostId: 'a', toHostIds: ['b'], why: 'count' })
  assert.equal(move('vm_evenly_distributed', loads(12, 3)), null)
  assert.equal(move('vm_evenly_distributed', loads(9, 0)), null, 'fewer than are worth it')
})

test('a balance that is followed to its end comes to rest', () => {
  for (const name of ['power_saving', 'vm_evenly_distributed']) {
    const vms = new Map([
      ['a', 3],
      ['b', 17],
      ['c', 2],
      ['d', 0],
    ])
    let moves = 0
    for (;;) {
      const next = move(
        name,
        [...vms].map(([id, n]) => load(id, n, { vms: n })),
      )
      if (next === null) break
      const to = next.toHostIds[0] ?? ''
      vms.set(next.fromHostId, (vms.get(next.fromHostId) ?? 0) - 1)
      vms.set(to, (vms.get(to) ?? 0) + 1)
      moves += 1
      assert.ok(moves < 100, `${name} goes on for ever: ${JSON.stringify([...vms])}`)
    }
    assert.equal(
      [...vms.values()].reduce((a, b) => a + b),
      22,
    )
  }
})

test('hosts without VMs beyond the reserve may sleep, never the one that serves the storage nor the last; one is woken when too few are left', () => {
  const properties = (reserve: number, enable = 'true'): Policy => ({
    overcommit: 100,
    threadsAsCores: false,
    maxVms: null,
    haReservation: false,
    filters: [],
    factors: {},
    properties: propertiesOf({ HostsInReserve: String(reserve), EnableAutomaticHostPowerManagement: enable }),
  })
  const empty = (id: string, changes: Partial<Candidate> = {}) => load(id, 0, { vms: 0, ...changes })
  const hosts = [load('a', 30), empty('b'), empty('c', { isSpm: true }), empty('d')]
  const all = ['a', 'b', 'c', 'd'].map(hostId => ({ hostId, asleep: false }))
  assert.deepEqual(powerPlan(hosts, all, properties(1)).sleep, ['b', 'd'])
  assert.deepEqual(powerPlan(hosts, all, properties(2)).sleep, ['b'])
  assert.deepEqual(powerPlan(hosts, all, properties(0, 'false')).sleep, [])
  assert.deepEqual(powerPlan(hosts, [], properties(0)).sleep, [], 'without power management nobody wakes it')
  const asleep = [{ hostId: 'z', asleep: true }]
  assert.equal(powerPlan([load('a', 30)], asleep, properties(1)).wake, 'z')
  assert.equal(powerPlan([load('a', 30)], asleep, properties(0)).wake, null)
  assert.equal(powerPlan([load('a', 75)], asleep, properties(0)).wake, 'z', 'the only host is nearly full')
  const full = load('a', 30, { reservedMemory: 7.5 * GiB })
  assert.equal(powerPlan([full], asleep, properties(0)).wake, 'z', 'its memory is promised')
  assert.deepEqual(powerPlan([full, empty('b')], all, properties(0)).sleep, [], 'the other one has no room')
  // What is highly available on `a` must find room elsewhere.
  const precious = load('a', 30, { reservedMemory: 4 * GiB, haMemory: 4 * GiB, haVms: 1 })
  const keeping = { ...properties(0), haReservation: true }
  assert.deepEqual(powerPlan([precious, empty('b'), empty('d')], all, keeping).sleep, ['b'], 'one is kept for it')
})
