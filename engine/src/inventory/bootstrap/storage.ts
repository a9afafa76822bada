import { call, inTransaction } from '../../core/call.ts'
import type { Ctx } from '../../core/ctx.ts'
import { json } from '../../db/index.ts'
import { reconciler } from '../../reconcile/reconciler.ts'
import { add, attach } from '../../storage/domain/operations.ts'

/** Storage that a fresh installation shall have in a data center. */
export interface WantedStorage {
  dataCenterId: string
  data: { name: string; path: string }
  iso: { name: string; path: string }
}

/** Free space (GiB) below which nothing new begins on these domains: a machine to try things on may be small. */
const criticalSpaceGib = 1

/**
 * Makes and attaches the first storage of a data center when one of its hosts is up: the data domain, which becomes the master, then
 * the ISO domain. Looks again until both have been active once; after that they belong to people.
 */
export const firstStorage = reconciler(
  'bootstrap.storage',
  { every: '3s', wakeOn: ['host', 'storage_domain'] },
  async ctx => {
    const settings = await ctx.sql<{ key: string; value: WantedStorage & { done: boolean } }>`
    select key, value from setting where key like 'bootstrap.storage.%' and value ->> 'done' = 'false'`
    for (const { key, value } of settings) {
      const data = await advance(ctx, value, 'data')
      const iso = data && (await advance(ctx, value, 'iso'))
      if (data && iso)
        await ctx.sql`update setting set value = ${json({ ...value, done: true })}, updated_at = now() where key = ${key}`
    }
  },
)

/** Takes the next step towards an active domain; true when it is there. */
async function advance(ctx: Ctx, wanted: WantedStorage, type: 'data' | 'iso'): Promise<boolean> {
  const { name, path } = wanted[type]
  const domain = await ctx.sql.maybe<{
    id: string
    status: string
  }>`select id, status from storage_domain where connection ->> 'path' = ${path}`
  if (domain?.status === 'active') return true
  const host = await ctx.sql.maybe<{ id: string }>`
    select h.id from spm s join host h on h.id = s.host_id where s.data_center_id = ${wanted.dataCenterId}::uuid and h.status = 'up'`
  if (host === undefined) return false
  await inTransaction(ctx, async tx => {
    if (domain === undefined)
      await call(tx, add, { name, type, hostId: host.id, connection: { type: 'localfs', path }, criticalSpaceGib })
    else if (domain.status === 'unattached')
      await call(tx, attach, { id: domain.id, dataCenterId: wanted.dataCenterId })
  })
  return false
}
