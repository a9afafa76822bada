import { setTimeout as pause } from 'node:timers/promises'
import { type ErrorRecord, errorKinds } from '@rookery/model'
import type { Env } from '../../core/ctx.ts'

/** How long a dialect waits for the first look at a machine, milliseconds; what takes longer shows in the host's status. */
const patience = 30_000

/** Waits until an installation has passed its first look at the machine; gives the error when it did not. */
export async function untilLooked(env: Env, jobId: string): Promise<ErrorRecord | undefined> {
  for (const deadline = Date.now() + patience; Date.now() < deadline; await pause(50)) {
    const row = await env.db.sql.maybe<{ ended: boolean; error: ErrorRecord | null; looked: boolean }>`
      select j.ended_at is not null as ended, j.error,
             exists (select 1 from job_step s where s.job_id = j.id and s.name = 'install/look' and s.status = 'finished') as looked
        from job j where j.id = ${jobId}::uuid`
    if (row === undefined || row.looked) return undefined
    if (row.ended && row.error !== null)
      return { ...row.error, kind: errorKinds.find(kind => kind === row.error?.kind) ?? 'internal' }
  }
  return undefined
}
