import type { Ctx } from '../../core/ctx.ts'
import { json } from '../../db/index.ts'
import { catalog } from '../../events/catalog.ts'

/** A run as a host's numbers name it. */
export interface CountedRun {
  runId: string
  vmId: string
}

/**
 * Names runs of this installation that a host has and the engine does not know: what a database that was restored from an older backup
 * leaves. Each is told of once, and left alone. `seen` holds those of the last look and is brought up to date: numbers may be a moment older
 * than the end of a run, so only a run that is met twice counts.
 */
export async function nameUnknownRuns(
  ctx: Ctx,
  hostId: string,
  runs: readonly CountedRun[],
  seen: Set<string>,
): Promise<void> {
  if (runs.length === 0) return seen.clear()
  const unknown = await ctx.sql<CountedRun & { host: string; vm: string | null; told: boolean }>`
    select r."runId" as run_id, r."vmId" as vm_id, h.name as host, v.name as vm,
           exists (select 1 from event e where e.code = ${catalog['host.unknown_run'].code} and e.data ->> 'runId' = r."runId"::text) as told
      from jsonb_to_recordset(${json(runs.map(({ runId, vmId }) => ({ runId, vmId })))}::jsonb) as r("runId" uuid, "vmId" uuid)
      join host h on h.id = ${hostId}::uuid
      left join vm v on v.id = r."vmId"
     where not exists (select 1 from vm_run known where known.id = r."runId")`
  const again = unknown.filter(run => seen.has(run.runId))
  seen.clear()
  for (const { runId } of unknown) seen.add(runId)
  for (const { runId, vmId, host, vm, told } of again)
    if (!told)
      ctx.event('host.unknown_run', {
        refs: [
          { kind: 'host', id: hostId, name: host },
          ...(vm === null ? [] : [{ kind: 'vm' as const, id: vmId, name: vm }]),
        ],
        args: { host, vm: vm ?? vmId },
        data: { runId, vmId },
      })
}
