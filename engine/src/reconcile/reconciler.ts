import type { Ctx } from '../core/ctx.ts'
import type { EntityKind } from '../core/kinds.ts'

/** Looks at everything, takes no arguments, starts jobs. */
export interface Reconciler {
  readonly name: string
  readonly everyMs: number
  readonly wakeOn: readonly EntityKind[]
  readonly run: (ctx: Ctx) => Promise<void>
}

/**
 * Defines a reconciler: `run` looks at the whole present state each time and trusts no hint about what changed. It runs on one
 * engine (by rendezvous), every so often (`'500ms'`, `'10s'`, `'5m'`), and soon after a change of one of the kinds.
 */
export function reconciler(
  name: string,
  o: { every: `${number}ms` | `${number}s` | `${number}m`; wakeOn?: readonly EntityKind[] },
  run: (ctx: Ctx) => Promise<void>,
): Reconciler {
  const unit = o.every.endsWith('ms') ? 1 : o.every.endsWith('s') ? 1000 : 60_000
  return { name, everyMs: Number.parseFloat(o.every) * unit, wakeOn: o.wakeOn ?? [], run }
}
