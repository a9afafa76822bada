import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type EngineDatabase, engineDatabase } from '../../../test/database.ts'
import { testEnv } from '../../../test/env.ts'
import { type Site, site } from '../../../test/site.ts'
import { ask, call } from '../../core/call.ts'
import type { Env } from '../../core/ctx.ts'
import { json } from '../../db/index.ts'
import { type Explanation, explain } from '../vm/explain.ts'
import * as group from './group-operations.ts'
import * as label from './label-operations.ts'
import { groups as listGroups } from './queries.ts'

let db: EngineDatabase
let env: Env
let here: Site
/** A second host of the cluster that is up, like the first in everything. */
let second: string

before(async () => {
  db = await engineDatabase()
  env = testEnv(db)
})
after(() => db.close())

const fresh = async (): Promise<void> => {
  here = await site(db)
  second = randomUUID()
  const { sql } = db.db
  await sql`insert into host (id, cluster_id, name, address, url, status, facts)
    select ${second}, cluster_id, ${`h2-${second.slice(0, 8)}`}, 'h', ${`https://h-${second}:1`}, 'up', facts from host where id = ${here.host}`
  await sql`insert into host_network (host_id, network_id) select ${second}, network_id from host_network where host_id = ${here.host}`
  await sql`insert into storage_domain_host (storage_domain_id, host_id, ok, seen_at)
    select storage_domain_id, ${second}, ok, seen_at from storage_domain_host where host_id = ${here.host}`
}
const ask2 = (): Promise<Explanation> => ask(env, explain, { id: here.vm })
/** Hosts that would take the VM, and why the others would not. */
const judged = async (): Promise<{ able: string[]; codes: Record<string, string[]> }> => {
  const { hosts } = await ask2()
  return {
    able: hosts.filter(each => each.able).map(each => each.hostId),
    codes: Object.fromEntries(hosts.map(each => [each.hostId, each.refusals.map(r => r.reason.code)])),
  }
}
const add = (o: object) =>
  call(env, group.add, { clusterId: here.cluster, name: `g-${randomUUID().slice(0, 8)}`, ...o } as never)

test('a VM is kept with the VM that runs, by an enforcing group; the group is seen to hold', async () => {
  await fresh()
  assert.deepEqual((await judged()).able.toSorted(), [here.host, second].toSorted())
  const { id } = await add({ vmsRule: { enabled: true }, vmIds: [here.vm, here.runningVm] })
  assert.deepEqual((await judged()).able, [here.host])
  assert.deepEqual((await judged()).codes[second], ['vm_affinity'])
  assert.equal((await ask(env, listGroups, { ids: [id] }))[0]?.broken, false)
})

test('a VM is kept away from the VM that runs, and a group that is broken says so', async () => {
  await fresh()
  const { id } = await add({ vmsRule: { enabled: true, positive: false }, vmIds: [here.vm, here.runningVm] })
  assert.deepEqual((await judged()).able, [second])
  await db.db
    .sql`insert into vm_run (id, vm_id, host_id, config, status) values (${randomUUID()}, ${here.vm}, ${here.host}, ${json({})}, 'up')`
  assert.equal((await ask(env, listGroups, { ids: [id] }))[0]?.broken, true)
})

test('a group ties a VM to hosts, by labels as well as by names', async () => {
  await fresh()
  const { id: labelId } = await call(env, label.add, { name: `l-${randomUUID().slice(0, 8)}` })
  await call(env, label.assign, { id: labelId, kind: 'vm', memberId: here.vm })
  await call(env, label.assign, { id: labelId, kind: 'host', memberId: second })
  assert.equal((await judged()).able.length, 2, 'a label alone says nothing')
  await add({ hostsRule: { enabled: true }, vmLabelIds: [labelId], hostLabelIds: [labelId] })
  assert.deepEqual((await judged()).able, [second])
  assert.deepEqual((await judged()).codes[here.host], ['host_affinity'])
})

test('a label with a group of its own ties without one', async () => {
  await fresh()
  const { id: labelId } = await call(env, label.add, { name: `l-${randomUUID().slice(0, 8)}`, implicitGroup: true })
  await call(env, label.assign, { id: labelId, kind: 'vm', memberId: here.vm })
  await call(env, label.assign, { id: labelId, kind: 'host', memberId: second })
  assert.deepEqual((await judged()).able, [second])
  await call(env, label.unassign, { id: labelId, kind: 'vm', memberId: here.vm })
  assert.equal((await judged()).able.length, 2)
})

test('groups that contradict each other are refused, and nothing of them stays', async () => {
  await fresh()
  await add({ name: 'together', vmsRule: { enabled: true }, vmIds: [here.vm, here.runningVm] })
  const apart = { name: 'apart', vmsRule: { enabled: true, positive: false }, vmIds: [here.vm, here.runningVm] }
  await assert.rejects(add(apart), { code: 'affinity_group.contradiction', kind: 'conflict' })
  const { id } = await add({ ...apart, vmIds: [here.vm] })
  await assert.rejects(call(env, group.addMember, { id, kind: 'vm', memberId: here.runningVm }), {
    code: 'affinity_group.contradiction',
  })
  assert.deepEqual((await ask(env, listGroups, { ids: [id] }))[0]?.vmIds, [here.vm])
})

test('a group holds only VMs and hosts of its cluster, and its name once', async () => {
  await fresh()
  const elsewhere = await site(db)
  await assert.rejects(add({ vmIds: [elsewhere.vm] }), { code: 'affinity_group.other_cluster' })
  await add({ name: 'same' })
  await assert.rejects(add({ name: 'Same' }), { code: 'affinity_group.name_taken' })
})

test('a VM that its group keeps with others may leave a host that is emptied, and the others follow it', async () => {
  await fresh()
  await add({ vmsRule: { enabled: true }, vmIds: [here.vm, here.runningVm] })
  await db.db
    .sql`insert into vm_run (id, vm_id, host_id, config, status) values (${randomUUID()}, ${here.vm}, ${here.host}, ${json({})}, 'up')`
  const stuck = await ask(env, explain, { id: here.vm })
  assert.deepEqual(
    stuck.hosts.find(each => each.hostId === second)?.refusals.map(r => r.reason.code),
    ['vm_affinity'],
  )
  const leaving = await ask(env, explain, { id: here.vm, excludedHostIds: [here.host] })
  assert.equal(leaving.purpose, 'migrate')
  assert.deepEqual(
    leaving.hosts.filter(each => each.able).map(each => each.hostId),
    [second],
  )
})

test('explain says of a VM that runs where it may migrate to, and never where it is', async () => {
  await fresh()
  const { purpose, hosts, policy } = await ask(env, explain, { id: here.runningVm })
  assert.deepEqual([purpose, policy], ['migrate', 'none'])
  assert.deepEqual(
    hosts.find(each => each.hostId === here.host)?.refusals.map(r => r.reason.code),
    ['current'],
  )
  assert.equal(hosts.find(each => each.chosen)?.hostId, second)
  assert.ok(hosts.find(each => each.chosen)?.weighed.some(each => each.weight === 'OptimalForMemoryEvenDistribution'))
})
