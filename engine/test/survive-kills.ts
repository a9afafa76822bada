import { createHash, randomInt } from 'node:crypto'

/** The sides of a step's record on which an engine is killed. */
const sides = ['after-effect', 'after-record'] as const
export type Side = (typeof sides)[number]

let chosen: string | undefined

/** What the choice of this process is made of: `ROOKERY_SURVIVE_SEED`, or a number of its own. */
export function seedOf(env: NodeJS.ProcessEnv = process.env): string {
  chosen ??= env.ROOKERY_SURVIVE_SEED ?? String(randomInt(1_000_000))
  return chosen
}

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
