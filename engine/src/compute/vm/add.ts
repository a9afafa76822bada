import { randomUUID } from 'node:crypto'
import { conflict } from '@rookery/model'
import { z } from 'zod'
import { call } from '../../core/call.ts'
import type { Ctx } from '../../core/ctx.ts'
import { operation } from '../../core/operation.ts'
import { grantCreator } from '../../identity/permissions.ts'
import { find, lockWord } from '../../inventory/access.ts'
import type { ClusterRow } from '../../inventory/cluster/types.ts'
import { add as addAttachment } from '../disk-attachment/operations.ts'
import type { TemplateRow } from '../template/types.ts'
import { mustSay, patched, special } from './check.ts'
import { VmConfig } from './config.ts'
import { insertVm, nameTaken } from './store.ts'
import { AddVm } from './types.ts'

/** Refuses a name that another VM of the data center has; nobody else takes it until this transaction ends. */
export async function freeName(
  ctx: Ctx,
  verb: string,
  dataCenterId: string | null,
  name: string,
  except: string | null,
): Promise<void> {
  await lockWord(ctx.sql, 'vm name', dataCenterId ?? '', name)
  if (await nameTaken(ctx.sql, dataCenterId, name, except))
    throw conflict(
      'vm.name_taken',
      `Cannot ${verb} VM. The VM name is already in use, please choose a unique name and try again.`,
    )
}

/** Makes a VM from the Blank template, with the disks that come along. */
export const add = operation({
  name: 'vm.add',
  input: AddVm,
  output: z.object({ id: z.string(), jobId: z.string().nullable() }),
  permit: { action: 'create_vm', on: i => ({ kind: 'cluster', id: i.clusterId }) },
  async run(ctx, i) {
    const cluster = await find<ClusterRow>(ctx, 'cluster', i.clusterId)
    const { dataCenterId } = cluster
    if (dataCenterId === null)
      throw conflict('cluster.no_data_center', 'Cannot add VM. The Cluster belongs to no Data Center.')
    const template = await find<TemplateRow>(ctx, 'template', i.templateId)
    await freeName(ctx, 'add', dataCenterId, i.name, null)
    const base = VmConfig.parse(template.config)
    const config = await patched(ctx.sql, base, i.config, i.clusterId, 'Cannot add VM.')
    await mustSay(ctx, { kind: 'cluster', id: i.clusterId }, special(base), special(config))
    const { projectId } = await ctx.sql.one<{ projectId: string }>`
      select default_project_id as project_id from data_center where id = ${dataCenterId}::uuid`
    const id = randomUUID()
    const { name, description, comment } = i
    const creatorId = ctx.actor.kind === 'user' ? ctx.actor.userId : null
    await insertVm(ctx.sql, {
      id,
      projectId,
      clusterId: i.clusterId,
      templateId: i.templateId,
      name,
      description,
      comment,
      config,
      creatorId,
    })
    await grantCreator(ctx.sql, ctx.actor, 'UserVmManager', { kind: 'vm', id })
    ctx.changed('vm', id)
    ctx.event('vm.added', {
      refs: [
        { kind: 'vm', id, name },
        { kind: 'cluster', id: i.clusterId, name: cluster.name },
      ],
      args: { vm: name },
    })
    let jobId: string | null = null
    for (const [n, attachment] of i.disks.entries()) {
      const disk = attachment.disk === undefined ? {} : { disk: { alias: `${name}_Disk${n + 1}`, ...attachment.disk } }
      const added = await call(ctx, addAttachment, { vmId: id, ...attachment, ...disk })
      jobId ??= added.jobId
    }
    return { id, jobId }
  },
})
