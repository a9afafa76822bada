import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { cpuVendor } from '@rookery/model'
import { startWorld, type World } from '../../../test/small-world.ts'
import { until } from '../../../test/until.ts'
import { ask, call } from '../../core/call.ts'
import { list as listHosts } from '../host/queries.ts'
import type { HostRow } from '../host/types.ts'
import { cpu as clusterCpu } from './cpu-query.ts'
import { update as updateCluster } from './operations.ts'

let world: World
before(async () => {
  world = await startWorld({ hosts: 8, cpus: 'mixed', wait: false })
})
after(() => world?.stop())

const hosts = (): Promise<HostRow[]> => ask(world.env, listHosts, {})
const cluster = () =>
  world.database.db.sql.one<{ id: string; cpuType: string | null }>`select id, cpu_type from cluster limit 1`
const settled = async () => {
  const all = await hosts()
  return all.length === 8 && all.every(host => ['up', 'non_operational'].includes(host.status)) ? all : undefined
}

test('a mixed cluster is brought down to what its hosts have in common; another maker is left out with the reason (R31)', async () => {
  const all = await until(settled, { what: 'hosts to be up or non-operational' })
  const { id, cpuType } = await cluster()
  const maker = cpuType?.startsWith('AMD') ? 'AMD' : 'Intel'
  const said = await ask(world.env, clusterCpu, { id })
  assert.equal(said.type, cpuType)
  for (const host of all) {
    const same = cpuVendor(host.facts?.cpu.vendor ?? '') === maker
    assert.equal(host.status, same ? 'up' : 'non_operational', `${host.name} ${host.statusReason}`)
    const row = said.hosts.find(each => each.hostId === host.id)
    assert.deepEqual(row?.missing, same ? [] : [`${maker} CPU`])
    if (!same) assert.match(host.statusReason ?? '', new RegExp(`it lacks ${maker} CPU`))
  }
  const owns = new Set(said.hosts.filter(each => each.missing.length === 0).map(each => each.own))
  assert.ok(owns.has(cpuType), 'the type is that of the least of them')
  const events = await world.database.db.sql`select 1 from event where code = 515`
  assert.ok(events.length > 0)
})

test('a type that a host which is up lacks is refused, and the hosts and their flags are named', async () => {
  await until(settled)
  const { id, cpuType } = await cluster()
  const higher = cpuType?.startsWith('AMD') ? 'Intel Nehalem Family' : 'Intel Sapphire Rapids Server Family'
  await assert.rejects(call(world.env, updateCluster, { id, cpuType: higher }), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'cluster.cpu_hosts')
    assert.match(error.message, cpuType?.startsWith('AMD') ? /Intel CPU/ : /avx512_fp16/)
    return true
  })
  assert.equal((await cluster()).cpuType, cpuType)
})
