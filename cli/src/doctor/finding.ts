import type { Scene } from './scene.ts'
import type { Text } from './text.ts'

/** `bad` keeps Rookery from working or makes it go wrong, `poor` makes it less than it could be. */
export type Verdict = 'good' | 'poor' | 'bad'

/** One thing that was looked at: what is so, why, and what to do. */
export interface Finding<Code extends string = string> {
  /** Stable, listed in docs/doctor.md; scripts and tests go by it. */
  readonly code: Code
  readonly verdict: Verdict
  /** What was seen, in one sentence. */
  readonly what: Text
  /** The cause: the fact behind it, and where it was seen. */
  readonly why?: Text
  /** What to do next, in words. */
  readonly next?: Text
  /** The same as commands that can be copied as they are. */
  readonly run?: readonly string[]
}

/** What a finding says beside code and verdict. */
export type Words = Omit<Finding, 'code' | 'verdict'>

export const good = <C extends string>(code: C, what: Text): Finding<C> => ({ code, verdict: 'good', what })
export const poor = <C extends string>(code: C, words: Words): Finding<C> => ({ code, verdict: 'poor', ...words })
export const bad = <C extends string>(code: C, words: Words): Finding<C> => ({ code, verdict: 'bad', ...words })

/** A look at one subject. */
export interface Check {
  /** Names the subject for programs: the middle word of its codes. */
  readonly topic: string
  readonly title: Text
  /** Every code it can give. */
  readonly codes: readonly string[]
  look(scene: Scene): Promise<readonly Finding[]>
}

/**
 * Makes a check of two halves: `gather` reads facts and thinks nothing, `decide` is pure and holds every threshold and sentence.
 * Only the codes that are listed can be given.
 */
export function check<Facts, const Code extends string>(c: {
  readonly topic: string
  readonly title: Text
  readonly codes: readonly Code[]
  readonly gather: (scene: Scene) => Promise<Facts>
  readonly decide: (facts: Facts) => readonly Finding<NoInfer<Code>>[]
}): Check {
  return {
    topic: c.topic,
    title: c.title,
    codes: c.codes,
    look: async scene => c.decide(await c.gather(scene)),
  }
}
