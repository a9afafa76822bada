import type { Ctx } from '../../core/ctx.ts'
import { json } from '../../db/index.ts'
import { catalog } from '../../events/catalog.ts'

/** A run as a host's numbers name it. */
export interface CountedRun {
  hostId: string
  runId: string
  vmId: string
}

/**
 * Names runs of this installation that a host has and the engine does not know: what a database that was restored from an older backup
 * leaves. Each is told of once, and left alone. Numbers may be a moment older than the end of a run, so only a run that is met twice counts:
 * `known` are the ones that were met before. Returns all that the engine does not know now.
 */
export async function nameUnknownRuns(
  ctx: Ctx,
  runs: readonly CountedRun[],
  known: (run: CountedRun) => boolean,
): Promise<CountedRun[]> {
  if (runs.length === 0) return []
  const counted = runs.map(({ hostId, runId, vmId }) => ({ hostId, runId, vmId }))
  const unknown = await ctx.sql<CountedRun & { host: string; vm: string | null; told: boolean }>`
    select r."hostId" as host_id, r."runId" as run_id, r."vmId" as vm_id, h.name as host, v.name as vm,
           exists (select 1 from event e where e.code = ${catalog['host.unknown_run'].code} and e.data ->> 'runId' = r."runId"::text) as told
      from jsonb_to_recordset(${json(counted)}::jsonb) as r("hostId" uuid, "runId" uuid, "vmId" uuid)
      join host h on h.id = r."hostId"
      left join vm v on v.id = r."vmId"
     where not exists (select 1 from vm_run known where known.id = r."runId")`
  for (const { hostId, runId, vmId, host, vm, told } of unknown)
    if (!told && known({ hostId, runId, vmId }))
      ctx.event('host.unknown_run', {
        refs: [
          { kind: 'host', id: hostId, name: host },
          ...(vm === null ? [] : [{ kind: 'vm' as const, id: vmId, name: vm }]),
        ],
        args: { host, vm: vm ?? vmId },
        data: { runId, vmId },
      })
  return unknown
}
