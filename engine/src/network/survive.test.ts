import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { finished, jobAbout } from '../../test/entities.ts'
import { jobSurvives } from '../../test/survive.ts'
import type { World } from '../../test/survive-world.ts'
import { call } from '../core/call.ts'
import { ensureNetwork, removeNetwork } from './network/hosts.ts'
import * as network from './network/operations.ts'

interface Given {
  id: string
  clusterId: string
}

async function aNetwork(world: World): Promise<Given> {
  const cluster = await world.sql.one<{ id: string; dataCenterId: string }>`
    select id, data_center_id from cluster order by created_at limit 1`
  const { id } = await call(world.env, network.add, {
    name: `net-${randomUUID().slice(0, 8)}`,
    dataCenterId: cluster.dataCenterId,
    description: '',
    comment: '',
    mode: 'isolated',
    vlan: null,
    mtu: 0,
    stp: false,
    vmNetwork: true,
    portIsolation: false,
    profileRequired: true,
  })
  return { id, clusterId: cluster.id }
}

const attach = async (world: World, { id, clusterId }: Given): Promise<string> => {
  await call(world.env, network.attach, { networkId: id, clusterId, required: false })
  return jobAbout(world, 'network.ensure', 'networkId', id)
}

/** Hosts that have the network: by their own word, and by the engine's. */
async function present(world: World, { id }: Given): Promise<{ hosts: number; rows: number }> {
  const all = await Promise.all(Array.from({ length: world.simulator.hosts }, (_, n) => world.simulator.look(n)))
  const { n } = await world.sql.one<{ n: number }>`
    select count(*)::int as n from host_network where network_id = ${id}::uuid`
  return { hosts: all.filter(host => host.networks.some(each => each.networkId === id)).length, rows: n }
}

async function cleanup(world: World, given: Given): Promise<void> {
  const rows = await world.sql`select 1 from network where id = ${given.id}::uuid`
  if (rows.length > 0) await call(world.env, network.remove, { id: given.id })
  await finished(world, { jobId: await jobAbout(world, 'network.remove', 'networkId', given.id) })
}

jobSurvives(ensureNetwork, {
  given: aNetwork,
  start: attach,
  afterDone: async (world, given, { failed }) => {
    const n = 2 - failed.length
    assert.deepEqual(await present(world, given), { hosts: n, rows: n })
  },
  // The cluster has it either way, and its hosts too if they were asked.
  afterUndo: async (world, given) => {
    const { hosts, rows } = await present(world, given)
    assert.deepEqual({ hosts, rows }, { hosts: rows, rows })
    const inCluster = await world.sql`select 1 from cluster_network where network_id = ${given.id}::uuid`
    assert.equal(inCluster.length, 1)
  },
  cleanup,
})

jobSurvives(removeNetwork, {
  given: async world => {
    const given = await aNetwork(world)
    await finished(world, { jobId: await attach(world, given) })
    return given
  },
  start: async (world, { id }) => {
    await call(world.env, network.remove, { id })
    return jobAbout(world, 'network.remove', 'networkId', id)
  },
  // A host that refuses keeps it.
  afterDone: async (world, given, { failed }) =>
    assert.deepEqual(await present(world, given), { hosts: failed.length, rows: 0 }),
  afterUndo: async (world, given) => assert.deepEqual(await present(world, given), { hosts: 0, rows: 0 }),
  cleanup: async () => undefined,
})
