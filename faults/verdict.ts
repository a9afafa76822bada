import type { Promised, WorkSite } from './load.ts'
import { until } from '../engine/test/until.ts'

/** Waits until no job is open any more, but those that are stuck, and no upload goes on, unless these may. */
export async function quiet(site: WorkSite, { transfers = true }: { transfers?: boolean } = {}): Promise<void> {
  let left: unknown[] = []
  const look = async () => {
    left = await site.sql<{ kind: string; status: string }>`
      select kind, status, engine_id, waiting, updated_at from job where ended_at is null and status <> 'stuck'
      union all select 'transfer', phase, host_id, false, last_active_at from image_transfer where ended_at is null and ${transfers}`
    return left.length === 0
  }
  await until(look, { timeoutMs: 120_000, everyMs: 200, what: 'all jobs to end' }).catch(() => {
    throw new Error(`these jobs do not end: ${JSON.stringify(left)}`)
  })
}

/** Promises that were not kept, as sentences. */
export async function broken(site: WorkSite, promised: readonly Promised[]): Promise<string[]> {
  const vms = new Map(
    (await site.sql<{ id: string; runId: string | null; status: string }>`select id, run_id, status from vm_view`).map(
      v => [v.id, v],
    ),
  )
  const disks = new Set((await site.sql<{ id: string }>`select id from disk`).map(disk => disk.id))
  return promised.flatMap(p => {
    const there = p.kind === 'vm' ? vms.has(p.id) : disks.has(p.id)
    const what = `${p.kind} ${p.name} (${p.id})`
    if (p.made && p.removal === 'none' && !there) return [`${what} was made and is gone`]
    if (p.removal === 'acknowledged' && there) return [`${what} was removed and is still there`]
    const vm = vms.get(p.id)
    if (p.run !== null && vm?.runId !== p.run)
      return [`${what} ran as ${p.run}, nobody ended it, and now it is ${vm?.status} as ${vm?.runId ?? 'no run'}`]
    return []
  })
}
