import type { ConvergenceAction, MigrationPlan } from '@rookery/protocol'

/** What a look at a migration saw. */
export interface Look {
  /** Passes over the memory so far. */
  iteration: number
  /** Bytes that are left. */
  remaining: number
}

/** How far the plan is carried out. */
export interface Convergence {
  readonly iteration: number
  /** The least that was ever left when a pass began; null before the second pass. */
  readonly least: number | null
  readonly stalls: number
  /** The step of the plan that comes next. */
  readonly next: number
}

/** Before the first look. */
export const atFirst: Convergence = { iteration: 0, least: null, stalls: 0, next: 0 }

/**
 * What a look says about a migration: whether it has stalled once more, and what the plan wants done for it. A stall is a pass over the
 * memory that began with no less to do than ever before: the guest writes as fast as its memory is sent. Passes of small guests follow
 * one another within milliseconds, so a look counts as one stall at most. Pure.
 */
export function converge(
  was: Convergence,
  look: Look,
  plan: Pick<MigrationPlan, 'convergence'>,
): { now: Convergence; actions: ConvergenceAction[] } {
  if (look.iteration <= was.iteration || look.iteration < 2)
    return { now: { ...was, iteration: Math.max(was.iteration, look.iteration) }, actions: [] }
  const closer = was.least === null || look.remaining < was.least
  const least = closer ? look.remaining : was.least
  const stalls = was.stalls + (closer ? 0 : 1)
  let next = was.next
  const actions: ConvergenceAction[] = []
  for (let step = plan.convergence[next]; step !== undefined && step.stalls <= stalls; step = plan.convergence[next]) {
    actions.push(step.action)
    next++
  }
  return { now: { iteration: look.iteration, least, stalls, next }, actions }
}
