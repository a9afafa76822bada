import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GiB } from '@rookery/model'
import { type Candidate, type Need, schedule } from './schedule.ts'
import { policyNone } from './weights.ts'

const policy = { overcommit: 100, factors: policyNone }
const need = (changes: Partial<Need> = {}): Need => ({
  memory: GiB,
  vcpus: 2,
  hostIds: [],
  networkIds: ['net'],
  storageDomainIds: ['data'],
  taskKinds: ['vm.create'],
  firmware: 'bios',
  machine: 'q35',
  ...changes,
})
const host = (id: string, changes: Partial<Candidate> = {}): Candidate => ({
  id,
  name: id,
  status: 'up',
  memory: 8 * GiB,
  cpus: 8,
  reservedMemory: 0,
  reservedVcpus: 0,
  networkIds: ['net'],
  storageDomainIds: ['data'],
  taskKinds: ['vm.create'],
  firmware: ['bios'],
  machines: ['pc', 'q35'],
  ...changes,
})
const chosen = (n: Need, hosts: Candidate[], p = policy) => {
  const placement = schedule(n, hosts, p)
  return 'host' in placement ? placement.host.id : placement.refusals.map(r => r.filter)
}

test('the emptier host is taken', () => {
  assert.equal(chosen(need(), [host('a', { reservedVcpus: 4 }), host('b')]), 'b')
})

test('equals are told apart by id, in whatever order they come', () => {
  assert.equal(chosen(need(), [host('b'), host('a')]), 'a')
})

test('each host that is left out says which filter refused it and why', () => {
  const placement = schedule(need({ hostIds: ['z'] }), [host('a', { status: 'maintenance' }), host('b')], policy)
  assert.deepEqual('refusals' in placement && placement.refusals.map(r => [r.host, r.filter]), [
    ['a', 'Status'],
    ['b', 'PinToHost'],
  ])
})

test('memory is counted with what is promised already and what the host keeps', () => {
  assert.deepEqual(chosen(need({ memory: 8 * GiB }), [host('a')]), ['Memory'])
  assert.equal(chosen(need({ memory: 8 * GiB }), [host('a')], { ...policy, overcommit: 150 }), 'a')
  assert.deepEqual(chosen(need(), [host('a', { reservedMemory: 7 * GiB })]), ['Memory'])
})

test('networks, storage, firmware and CPUs must be there', () => {
  assert.deepEqual(chosen(need(), [host('a', { networkIds: [] })]), ['Network'])
  assert.deepEqual(chosen(need(), [host('a', { storageDomainIds: [] })]), ['Storage'])
  assert.deepEqual(chosen(need({ firmware: 'uefi' }), [host('a')]), ['Capability'])
  assert.deepEqual(chosen(need({ vcpus: 9 }), [host('a')]), ['CPU'])
})

test('without hosts there are no refusals either', () => {
  assert.deepEqual(schedule(need(), [], policy), { refusals: [] })
})
