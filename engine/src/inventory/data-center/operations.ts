import { randomUUID } from 'node:crypto'
import { conflict } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { systemRef } from '../../core/kinds.ts'
import { operation } from '../../core/operation.ts'
import { managementNetwork } from '../../network/network/management.ts'
import { find, lockWord, mustBeSeen } from '../access.ts'
import { deleteDataCenter, inTheWay, insertDataCenter, nameTaken } from './store.ts'
import { AddDataCenter, type DataCenterRow, RemoveDataCenter, UpdateDataCenter } from './types.ts'

const Added = z.object({ id: z.string() })
const ref = (id: string) => ({ kind: 'data_center' as const, id })

async function freeName(ctx: Ctx, verb: string, name: string, except: string | null): Promise<void> {
  await lockWord(ctx.sql, 'data center name', name)
  if (await nameTaken(ctx.sql, name, except))
    throw conflict('data_center.name_taken', `Cannot ${verb} Data Center. The Data Center name is already in use.`)
}

/** Makes a data center with its default project and its management network. */
export const add = operation({
  name: 'dataCenter.add',
  input: AddDataCenter,
  output: Added,
  permit: { action: 'create_storage_pool', on: () => systemRef },
  async run(ctx, i) {
    await freeName(ctx, 'create', i.name, null)
    const id = randomUUID()
    await insertDataCenter(ctx.sql, id, randomUUID(), i)
    await managementNetwork(ctx.sql, { dataCenterId: id, networkId: randomUUID(), profileId: randomUUID() })
    ctx.changed('data_center', id)
    ctx.event('data_center.added', { refs: [{ ...ref(id), name: i.name }], args: { data_center: i.name } })
    return { id }
  },
})

/** Changes what is said of a data center. */
export const update = operation({
  name: 'dataCenter.update',
  input: UpdateDataCenter,
  output: Added,
  permit: { action: 'edit_storage_pool_configuration', on: i => ref(i.id) },
  async run(ctx, i) {
    const row = await find<DataCenterRow>(ctx, 'data_center', i.id)
    mustBeSeen(row, i.version)
    if (i.name !== undefined && i.name !== row.name) await freeName(ctx, 'edit', i.name, i.id)
    if (i.local !== undefined && i.local !== row.local && row.status !== 'uninitialized')
      throw conflict(
        'data_center.has_storage',
        'Cannot edit Data Center. The storage type cannot be changed while it has storage domains.',
      )
    if (i.level !== undefined && (i.level.minor < row.levelMinor || (await lowerCluster(ctx, i.id, i.level.minor))))
      throw conflict(
        'data_center.level',
        'Cannot edit Data Center. Its compatibility version cannot be lowered, nor raised above that of its clusters.',
      )
    await ctx.sql`update data_center set name = ${i.name ?? row.name}, description = ${i.description ?? row.description},
      comment = ${i.comment ?? row.comment}, local = ${i.local ?? row.local}, quota_mode = ${i.quotaMode ?? row.quotaMode},
      level_minor = ${i.level?.minor ?? row.levelMinor}, version = version + 1 where id = ${i.id}::uuid`
    ctx.changed('data_center', i.id)
    const name = i.name ?? row.name
    ctx.event('data_center.updated', { refs: [{ ...ref(i.id), name }], args: { data_center: name } })
    return { id: i.id }
  },
})

async function lowerCluster(ctx: Ctx, id: string, minor: number): Promise<boolean> {
  const rows = await ctx.sql`select 1 from cluster where data_center_id = ${id}::uuid and level_minor < ${minor}`
  return rows.length > 0
}

/** Removes a data center. Its clusters stay; with `force` attached domains are forgotten, untouched. */
export const remove = operation({
  name: 'dataCenter.remove',
  input: RemoveDataCenter,
  output: Added,
  permit: { action: 'delete_storage_pool', on: i => ref(i.id) },
  async run(ctx, i) {
    const row = await find<DataCenterRow>(ctx, 'data_center', i.id)
    const { domains, hosts, vms } = await inTheWay(ctx.sql, i.id)
    const refuse = (why: string) => conflict('data_center.in_use', `Cannot remove Data Center. ${why}`)
    if (vms > 0) throw refuse(`There are ${vms} VMs in its clusters; remove them first.`)
    if (domains.length > 0 && !i.force)
      throw refuse(`There are storage domains attached to it: ${domains.join(', ')}. Detach them first.`)
    if (hosts.length > 0 && !i.force)
      throw refuse(`There are hosts in its clusters: ${hosts.join(', ')}. Remove them first.`)
    ctx.changed('data_center', i.id, { gone: true })
    await deleteDataCenter(ctx.sql, row)
    ctx.event('data_center.removed', { refs: [{ ...ref(i.id), name: row.name }], args: { data_center: row.name } })
    return { id: i.id }
  },
})
