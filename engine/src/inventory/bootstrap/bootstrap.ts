import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { zeroUuid } from '@rookery/model'
import type { z } from 'zod'
import { VmConfig } from '../../compute/vm/config.ts'
import { call, inTransaction } from '../../core/call.ts'
import type { Ctx } from '../../core/ctx.ts'
import { json } from '../../db/index.ts'
import type { EngineHandle } from '../../engine.ts'
import { stableUuid } from '../../jobs/index.ts'
import { defaultRange } from '../../network/mac-pool/allocate.ts'
import { managementNetwork } from '../../network/network/management.ts'
import { lockWord } from '../access.ts'
import { ClusterSettings } from '../cluster/types.ts'
import { insertDataCenter } from '../data-center/store.ts'
import { AddDataCenter } from '../data-center/types.ts'
import { register } from '../host/operations.ts'
import type { RegisterHost } from '../host/types.ts'
import type { WantedStorage } from './storage.ts'

/** Ids that clients know from every fresh installation (fact sheet 1.12). */
const known = {
  ovirtmgmt: '00000000-0000-0000-0000-000000000009',
  ovirtmgmtProfile: '0000000a-000a-000a-000a-000000000398',
}

/**
 * What a fresh installation has: data center, cluster and MAC pool `Default`, the network `ovirtmgmt`, the Blank template and the root
 * tag, all once; and at each start the hosts of the configuration. Their storage is made by jobs once they are up.
 */
export async function bootstrapInventory(engine: EngineHandle): Promise<void> {
  await inTransaction(engine.env(), async ctx => {
    await lockWord(ctx.sql, 'bootstrap inventory')
    await world(ctx)
    await announce(ctx, engine)
    const { localHost, simulator } = engine.config
    const first = await place(ctx, 'Default')
    const wanted: WantedStorage[] = []
    if (localHost !== null && first !== undefined) {
      const { name, url, address, storagePath, isoPath } = localHost
      await ownHost(ctx, 'local', { name, url, address, clusterId: first.clusterId })
      wanted.push({
        dataCenterId: first.dataCenterId,
        data: { name: 'local', path: storagePath },
        iso: { name: 'iso', path: isoPath },
      })
    }
    if (simulator !== null && simulator.hosts > 0) {
      const where = localHost === null ? first : await simulatedPlace(ctx)
      if (where !== undefined) {
        for (let n = 0; n < simulator.hosts; n++) {
          const name = `sim-${String(n).padStart(4, '0')}`
          await ownHost(ctx, name, {
            name,
            url: `${simulator.url}/hosts/${n}`,
            address: new URL(simulator.url).hostname,
            clusterId: where.clusterId,
          })
        }
        const { storagePath } = simulator
        wanted.push({
          dataCenterId: where.dataCenterId,
          data: { name: 'simulated', path: `${storagePath}/data` },
          iso: { name: 'simulated-iso', path: `${storagePath}/iso` },
        })
      }
    }
    for (const storage of wanted) {
      const key = `bootstrap.storage.${storage.dataCenterId}`
      await ctx.sql`insert into setting (key, value) values (${key}, ${json({ ...storage, done: false })}) on conflict (key) do nothing`
    }
  })
}

/**
 * A host of the configuration. Which one it is is written down at its first start, so that it stays the same host when its agent listens
 * elsewhere (its port was taken) or people have given it another name.
 */
async function ownHost(ctx: Ctx, key: string, host: z.input<typeof RegisterHost>): Promise<void> {
  const { sql } = ctx
  const setting = `bootstrap.host.${key}`
  const known =
    (await sql.maybe<{ id: string }>`
      select h.id from setting s join host h on h.id = (s.value ->> 'id')::uuid where s.key = ${setting}`) ??
    // Earlier releases did not write it down.
    (await sql.maybe<{
      id: string
    }>`select id from host where name = ${host.name} and cluster_id = ${host.clusterId}::uuid`)
  const { id } = await call(ctx, register, { ...host, ...(known === undefined ? {} : { id: known.id }) })
  await sql`insert into setting (key, value) values (${setting}, ${json({ id })})
    on conflict (key) do update set value = excluded.value, updated_at = now() where setting.value <> excluded.value`
}

/** Writes down where hosts find this installation, for join tokens. */
async function announce(ctx: Ctx, engine: EngineHandle): Promise<void> {
  const { advertiseUrl, agentTls } = engine.config
  const fingerprint = new X509Certificate(await readFile(agentTls.ca)).fingerprint256
  const value = json({ url: advertiseUrl, fingerprint })
  await ctx.sql`insert into setting (key, value) values ('engine.announced', ${value})
    on conflict (key) do update set value = excluded.value, updated_at = now() where setting.value <> excluded.value`
}

/** The rows of a fresh installation, once: what people remove later does not come back. */
async function world(ctx: Ctx): Promise<void> {
  const { sql } = ctx
  const done = await sql`select 1 from setting where key = 'bootstrap.inventory'`
  if (done.length > 0) return
  await sql`insert into mac_pool (id, name, description, ranges, is_default)
    values (${stableUuid('mac pool', ctx.engineId)}, 'Default', 'Default MAC pool', ${json([defaultRange(ctx.engineId)])}, true)`
  await sql`insert into tag (id, name, description) values (${zeroUuid}, 'root', 'root') on conflict do nothing`
  const { dataCenterId, projectId } = await newPlace(ctx, 'Default', {
    networkId: known.ovirtmgmt,
    profileId: known.ovirtmgmtProfile,
  })
  await sql`insert into template (id, project_id, name, description, config)
    values (${zeroUuid}, ${projectId}, 'Blank', 'Blank template', ${json(VmConfig.parse({}))})`
  await sql`insert into setting (key, value) values ('bootstrap.inventory', ${json({ dataCenterId })})`
}

interface Place {
  dataCenterId: string
  clusterId: string
}

/** A local data center with its network and one cluster, all of one name. */
async function newPlace(
  ctx: Ctx,
  name: string,
  ids: { networkId: string; profileId: string },
): Promise<Place & { projectId: string }> {
  const { sql, engineId } = ctx
  const [dataCenterId, clusterId, projectId] = ['data center', 'cluster', 'project'].map(what =>
    stableUuid(what, name, engineId),
  ) as [string, string, string]
  await insertDataCenter(
    sql,
    dataCenterId,
    projectId,
    AddDataCenter.parse({ name, local: true, description: `The ${name.toLowerCase()} Data Center` }),
  )
  await managementNetwork(sql, { dataCenterId, ...ids })
  await sql`insert into cluster (id, data_center_id, name, description, settings)
    values (${clusterId}, ${dataCenterId}, ${name}, ${`The ${name.toLowerCase()} server cluster`}, ${json(ClusterSettings.parse({}))})`
  await sql`insert into cluster_network (cluster_id, network_id, required, usages)
    values (${clusterId}, ${ids.networkId}, true, ${['management', 'display', 'migration', 'default_route']})`
  ctx.changed('data_center', dataCenterId)
  ctx.changed('cluster', clusterId)
  ctx.changed('network', ids.networkId)
  ctx.event('data_center.added', {
    refs: [{ kind: 'data_center', id: dataCenterId, name }],
    args: { data_center: name },
  })
  return { dataCenterId, clusterId, projectId }
}

/** The cluster of this name with its data center; undefined when people have removed it. */
const place = (ctx: Ctx, name: string): Promise<Place | undefined> =>
  ctx.sql
    .maybe<Place>`select id as cluster_id, data_center_id from cluster where name = ${name} and data_center_id is not null`

/** Pretended hosts beside a real one have a data center of their own: they cannot reach its storage. */
async function simulatedPlace(ctx: Ctx): Promise<Place> {
  const there = await place(ctx, 'Simulated')
  if (there !== undefined) return there
  const ids = {
    networkId: stableUuid('network', 'Simulated', ctx.engineId),
    profileId: stableUuid('profile', 'Simulated', ctx.engineId),
  }
  return newPlace(ctx, 'Simulated', ids)
}
