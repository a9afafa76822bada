import { conflict, must, vmCan } from '@rookery/model'
import { z } from 'zod'
import { operation } from '../../core/operation.ts'
import { json } from '../../db/index.ts'
import { find } from '../../inventory/access.ts'
import { mediumNamed, mediumRef } from '../vm/medium.ts'
import { parsed } from '../vm/store.ts'
import type { VmRow } from '../vm/types.ts'
import { changeCd } from './change.ts'
import { UpdateCdrom } from './types.ts'

/** Puts a CD into the drive or takes it out: the one of the running VM with `current`, else the one for its starts. */
export const update = operation({
  name: 'cdrom.update',
  input: UpdateCdrom,
  output: z.object({ vmId: z.string(), jobId: z.string().nullable() }),
  permit: { action: 'change_vm_cd', on: i => ({ kind: 'vm', id: i.vmId }) },
  async run(ctx, i) {
    const vm = parsed(await find<VmRow>(ctx, 'vm', i.vmId))
    const medium = i.file === null ? null : await mediumNamed(ctx.sql, vm.dataCenterId, i.file)
    if (i.current) {
      if (vm.runId === null) throw conflict('vm.not_running', 'Cannot change CD. VM is not running.')
      must(vmCan.changeCd, vm)
      const ref = await mediumRef(ctx.sql, medium, 'Cannot change CD.')
      const input = { vmId: i.vmId, vm: vm.name, medium: ref, name: i.file }
      return { vmId: i.vmId, ...(await ctx.start(changeCd, input)) }
    }
    // The domain may be away now: it is asked for again at the start.
    await ctx.sql`update vm set config = jsonb_set(config, '{cdrom}', ${json(medium)}),
      next_run = jsonb_set(next_run, '{cdrom}', ${json(medium)}), version = version + 1 where id = ${i.vmId}::uuid`
    ctx.changed('vm', i.vmId)
    ctx.event('vm.updated', { refs: [{ kind: 'vm', id: i.vmId, name: vm.name }], args: { vm: vm.name } })
    return { vmId: i.vmId, jobId: null }
  },
})
