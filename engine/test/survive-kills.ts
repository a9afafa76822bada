import { createHash } from 'node:crypto'

/** The sides of a step's record on which an engine is killed. */
const sides = ['after-effect', 'after-record'] as const
export type Side = (typeof sides)[number]

/** What the choice is made of: `ROOKERY_SURVIVE_SEED`, else always the same, so that CI kills the same each time. */
export const seedOf = (env: NodeJS.ProcessEnv = process.env): string => env.ROOKERY_SURVIVE_SEED ?? '1'

/** On which sides of a step an engine is killed: both with `ROOKERY_SURVIVE=full`, else the one that the seed says. */
export function kills(
  jobKind: string,
  step: string,
  o: { full: boolean; seed: string } = { full: process.env.ROOKERY_SURVIVE === 'full', seed: seedOf() },
): readonly Side[] {
  if (o.full) return sides
  const [first = 0] = createHash('sha256').update(`${o.seed} ${jobKind} ${step}`).digest()
  return [sides[first % 2] as Side]
}
