import type { RookeryError } from '@rookery/model'

/** A place in the life of a step at which tests may end the process. */
export interface CrashPoint {
  jobKind: string
  step: string
  /** `after-effect` lies between the effect and its record; `during-undo` between the undo's effect and its record. */
  when: 'before-effect' | 'after-effect' | 'after-record' | 'during-undo'
}

/** What only test entry points hand to an engine; production has none. */
export interface JobHooks {
  /** Told at each point; a test's implementation may kill the process here. */
  at?(point: CrashPoint): Promise<void> | void
  /** Whether this engine takes up jobs of this kind; lets a test say which of two engines does. */
  accepts?(jobKind: string): boolean
  /** An error to throw in place of a step's effect. */
  fail?(jobKind: string, step: string): RookeryError | undefined
}
