import { randomUUID } from 'node:crypto'
import { permissionTest } from '../../test/permission.ts'
import { site } from '../../test/site.ts'
import type { EngineDatabase } from '../../test/database.ts'
import { json } from '../db/index.ts'
import * as cluster from './cluster/operations.ts'
import * as clusterUpgrade from './cluster/upgrade-operations.ts'
import * as dataCenter from './data-center/operations.ts'
import { joinToken } from './enrol/join-token.ts'
import * as fence from './fence/operations.ts'
import * as host from './host/operations.ts'
import * as upkeep from './host/upkeep.ts'
import * as schedulingPolicy from './scheduling-policy/operations.ts'
import * as tag from './tag/operations.ts'

const aDataCenter = async (db: EngineDatabase) => (await site(db)).dataCenter
const aBareDataCenter = async (db: EngineDatabase) => (await site(db)).bareDataCenter
const aCluster = async (db: EngineDatabase) => (await site(db)).cluster
const aBareCluster = async (db: EngineDatabase) => (await site(db)).bareCluster
const aHost = async (db: EngineDatabase) => (await site(db)).host
const anIdleHost = async (db: EngineDatabase) => (await site(db)).idleHost
/** A host without VMs that is up. */
const aFreeHost = async (db: EngineDatabase) => {
  const { host: id, run } = await site(db)
  await db.db.sql`delete from vm_run where id = ${run}`
  return id
}
const another = (what: string): string => `${what}-${randomUUID().slice(0, 8)}`

permissionTest(dataCenter.add, { input: () => ({ name: another('dc'), local: true }) })
permissionTest(dataCenter.update, { object: aDataCenter, input: ({ id }) => ({ id, description: 'x' }) })
permissionTest(dataCenter.remove, { object: aBareDataCenter, input: ({ id }) => ({ id }) })

permissionTest(cluster.add, {
  object: aDataCenter,
  input: ({ id }) => ({ name: another('c'), dataCenterId: id }),
})
permissionTest(cluster.update, { object: aCluster, input: ({ id }) => ({ id, description: 'x' }) })
permissionTest(clusterUpgrade.report, { object: aCluster, input: ({ id }) => ({ id, action: 'start' }) })
permissionTest(clusterUpgrade.upgrade, {
  object: async db => {
    const ssh = { port: 22, user: 'root', fingerprint: null }
    await db.db.sql`update host set ssh = ${json(ssh)} where status = 'up' and cluster_id = ${await aCluster(db)}::uuid`
    return aCluster(db)
  },
  input: ({ id }) => ({ id }),
})
permissionTest(cluster.remove, { object: aBareCluster, input: ({ id }) => ({ id }) })

permissionTest(host.add, {
  object: aCluster,
  input: ({ id }) => ({ name: another('h'), address: 'h', clusterId: id }),
})
permissionTest(host.install, { object: anIdleHost, input: ({ id }) => ({ id }) })
permissionTest(joinToken, {
  object: aCluster,
  input: async ({ id }, { db }) => {
    const announced = { url: 'https://engine:8443', fingerprint: 'AA' }
    await db.sql`insert into setting (key, value) values ('engine.announced', ${json(announced)}) on conflict do nothing`
    return { clusterId: id }
  },
})
permissionTest(host.register, {
  object: aCluster,
  input: ({ id }) => ({ name: another('h'), address: 'h', clusterId: id, url: `https://${another('h')}:1` }),
})
let known = ''
permissionTest(host.register, {
  when: 'and may change a host that is there already',
  object: async db => {
    const own = await site(db)
    known = own.host
    return (await site(db)).cluster
  },
  input: ({ id }) => ({ name: another('h'), address: 'h', clusterId: id, url: `https://${another('h')}:1`, id: known }),
  besides: () => [{ kind: 'host', id: known, permit: 'edit_host_configuration' }],
})
permissionTest(upkeep.upgradeCheck, { object: anIdleHost, input: ({ id }) => ({ id }) })
permissionTest(upkeep.enrollCertificate, { object: anIdleHost, input: ({ id }) => ({ id }) })
permissionTest(upkeep.upgrade, {
  object: async db => {
    const id = await anIdleHost(db)
    const ssh = { port: 22, user: 'root', fingerprint: null }
    await db.db.sql`update host set ssh = ${json(ssh)} where id = ${id}::uuid`
    return id
  },
  input: ({ id }) => ({ id }),
})
permissionTest(host.forceSelectSpm, { object: aFreeHost, input: ({ id }) => ({ id }) })
permissionTest(host.update, { object: aHost, input: ({ id }) => ({ id, description: 'x' }) })
permissionTest(host.activate, { object: anIdleHost, input: ({ id }) => ({ id }) })
permissionTest(host.refresh, { object: aHost, input: ({ id }) => ({ id }) })
permissionTest(host.deactivate, { object: aFreeHost, input: ({ id }) => ({ id }) })
permissionTest(host.remove, { object: anIdleHost, input: ({ id }) => ({ id }) })

/** A fence agent of a host. */
const agentOf = async (hostId: string, { db }: EngineDatabase) => {
  const id = randomUUID()
  await db.sql`insert into fence_agent (id, host_id, position, type, address, username, password)
    values (${id}, ${hostId}, 1, 'ipmilan', 'bmc', 'admin', 'sealed')`
  return id
}
/** A host in maintenance whose power another one can switch. */
const aPoweredHost = async (db: EngineDatabase) => {
  const { host: other, idleHost: id } = await site(db)
  await agentOf(id, db)
  await db.db.sql`update host set power_management = '{"enabled": true}' where id = ${id}`
  await db.db.sql`update host set facts = facts || '{"taskKinds": ["power.fence"]}' where id = ${other}`
  return id
}
permissionTest(fence.addAgent, {
  object: aHost,
  input: ({ id }) => ({ hostId: id, type: 'ipmilan', address: another('bmc') }),
})
permissionTest(fence.updateAgent, {
  object: aHost,
  input: async ({ id }, db) => ({ id: await agentOf(id, db), address: another('bmc') }),
})
permissionTest(fence.removeAgent, {
  object: aHost,
  input: async ({ id }, db) => ({ id: await agentOf(id, db) }),
})
permissionTest(fence.fence, { object: aPoweredHost, input: ({ id }) => ({ id, how: 'start' as const }) })

/** A policy that people made. */
const aPolicy = async ({ db }: EngineDatabase) => {
  const id = randomUUID()
  await db.sql`insert into scheduling_policy (id, name) values (${id}, ${another('policy')})`
  return id
}
permissionTest(schedulingPolicy.add, { input: () => ({ name: another('policy') }) })
permissionTest(schedulingPolicy.update, { input: async (_, db) => ({ id: await aPolicy(db), description: 'x' }) })
permissionTest(schedulingPolicy.remove, { input: async (_, db) => ({ id: await aPolicy(db) }) })

permissionTest(tag.add, { input: () => ({ name: another('tag') }) })
permissionTest(tag.update, { input: async (_, db) => ({ id: (await site(db)).tag, description: 'x' }) })
permissionTest(tag.remove, { input: async (_, db) => ({ id: (await site(db)).tag }) })
permissionTest(tag.assign, {
  input: async (_, db) => {
    const { tag: tagId, host: objectId } = await site(db)
    return { tagId, objectKind: 'host' as const, objectId }
  },
})
permissionTest(tag.unassign, {
  input: async (_, db) => {
    const { tag: tagId, vm: objectId } = await site(db)
    return { tagId, objectKind: 'vm' as const, objectId }
  },
})
