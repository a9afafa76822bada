import type { Difference } from '@rookery/model'

/** A difference that one look has shown. */
export interface Finding extends Difference {
  /** Ids of what it is about: while a job works on one of them, it says nothing. */
  readonly about: readonly string[]
}

/** The same difference has the same key in every look. */
export const keyOf = (finding: Difference): string =>
  `${finding.invariant} ${finding.host?.id ?? ''} ${finding.subject} ${finding.found}`
