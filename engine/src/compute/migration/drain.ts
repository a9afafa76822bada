import { type Refusal, RookeryError } from '@rookery/model'
import { z } from 'zod'
import { query } from '../../core/query.ts'
import { visible } from '../../core/visible.ts'
import type { Sql } from '../../db/index.ts'
import { find } from '../../inventory/access.ts'
import type { HostRow } from '../../inventory/host/types.ts'
import { id } from '../../inventory/input.ts'
import { getVm } from '../vm/store.ts'
import { chooseMove } from './place.ts'
import type { MigrationReason } from './types.ts'

/** What would become of one VM when its host is emptied. */
export interface DrainRow {
  vmId: string
  name: string
  /** Bytes of memory that have to go over. */
  memory: number
  /** Where it would go; null: nowhere, and why not. */
  target: { id: string; name: string } | null
  code: string | null
  reason: string | null
  refusals: readonly Refusal[]
}

/**
 * Where each VM of a host would go if it were emptied now: those that hold most memory choose first, and what one takes is not there for
 * the next. Nothing is reserved; the migrations themselves look again.
 */
export async function drainPlan(
  sql: Sql,
  hostId: string,
  reason: MigrationReason = 'maintenance',
): Promise<DrainRow[]> {
  const runs = await sql<{ vmId: string; memory: number }>`
    select r.vm_id, coalesce(q.memory, 0)::bigint as memory from vm_run r left join reservation q on q.run_id = r.id
     where r.host_id = ${hostId}::uuid and not r.incoming order by 2 desc, 1`
  const promised = new Map<string, { memory: number; vcpus: number }>()
  const rows: DrainRow[] = []
  for (const { vmId, memory } of runs) {
    const vm = await getVm(sql, vmId)
    if (vm === undefined) continue
    // One that leaves already needs no place.
    if (vm.targetHostId !== null) continue
    const about = { vmId, name: vm.name, memory }
    try {
      const input = { hostIds: [], clusterId: null, force: false, reason }
      const { host, reserved } = await chooseMove(sql, vm, input, [], promised)
      const before = promised.get(host.id) ?? { memory: 0, vcpus: 0 }
      promised.set(host.id, { memory: before.memory + reserved.memory, vcpus: before.vcpus + reserved.vcpus })
      rows.push({ ...about, target: { id: host.id, name: host.name }, code: null, reason: null, refusals: [] })
    } catch (error) {
      if (!(error instanceof RookeryError) || error.kind === 'internal') throw error
      const refusals = (error.detail as { refusals?: readonly Refusal[] } | undefined)?.refusals ?? []
      rows.push({ ...about, target: null, code: error.code, reason: error.message, refusals })
    }
  }
  return rows
}

/** The plan as people see it before they move a host to maintenance: of the VMs that they may see. */
export const drain = query({
  name: 'host.drainPlan',
  input: z.strictObject({ id }),
  async run(ctx, i): Promise<DrainRow[]> {
    await find<HostRow>(ctx, 'host', i.id)
    const plan = await drainPlan(ctx.sql, i.id)
    const seen = await ctx.sql<{ id: string }>`
      select v.id from ${visible(ctx, 'vm')} v where v.id = any (${plan.map(row => row.vmId)}::uuid[])`
    const shown = new Set(seen.map(row => row.id))
    return plan.filter(row => shown.has(row.vmId))
  },
})
