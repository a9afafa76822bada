import type { VmRow } from '../api/rows.ts'

/** How much of a migrating machine's memory has gone over, 0 to 1; undefined when it does not migrate or nobody has said yet. */
export function migrationShare({ status, migration }: Pick<VmRow, 'status' | 'migration'>): number | undefined {
  if (status !== 'migrating' || migration === null || migration.total <= 0) return undefined
  return Math.min(1, Math.max(0, (migration.total - migration.remaining) / migration.total))
}
