import { createHash } from 'node:crypto'
import type { CrashPoint } from '../src/jobs/hooks.ts'

/** Who is killed: an engine that works on the job, the pretended agents of all hosts (one process), or the database's first process. */
export type Who = 'engine' | 'agents' | 'database'

/** Who is killed at a step of a job, and when. */
export interface Kill {
  who: Who
  when: CrashPoint['when']
}

/**
 * Both sides of a step's record. Agents die while they are asked, soon after the step was begun, which is where an engine that dies
 * has nothing to lose.
 */
const forward: readonly [Kill, ...Kill[]] = [
  { who: 'engine', when: 'after-effect' },
  { who: 'engine', when: 'after-record' },
  { who: 'agents', when: 'before-effect' },
  { who: 'agents', when: 'after-effect' },
  { who: 'database', when: 'after-effect' },
  { who: 'database', when: 'after-record' },
]
const backward: readonly [Kill, ...Kill[]] = [
  { who: 'engine', when: 'during-undo' },
  { who: 'agents', when: 'during-undo' },
  { who: 'database', when: 'during-undo' },
]

/** Which kills are made. */
export interface Matrix {
  full: boolean
  seed: string
}

/** `ROOKERY_SURVIVE=full` kills all at every step; else one is chosen by `ROOKERY_SURVIVE_SEED`, which is always the same unless it is said. */
export const matrixOf = (env: NodeJS.ProcessEnv = process.env): Matrix => ({
  full: env.ROOKERY_SURVIVE === 'full',
  seed: env.ROOKERY_SURVIVE_SEED ?? '1',
})

/** A number that looks like chance and is the same for the same words. */
export function chance(below: number, ...words: readonly string[]): number {
  return createHash('sha256').update(words.join(' ')).digest().readUInt32BE() % below
}

/** Who is killed at a step of a job. */
export const kills = (jobKind: string, step: string, m: Matrix = matrixOf()): readonly Kill[] =>
  chosen(forward, jobKind, step, m)

/** Who is killed while a step is undone. */
export const undoKills = (jobKind: string, step: string, m: Matrix = matrixOf()): readonly Kill[] =>
  chosen(backward, jobKind, step, m)

const chosen = (all: readonly [Kill, ...Kill[]], jobKind: string, step: string, m: Matrix): readonly Kill[] =>
  m.full ? all : [all[chance(all.length, m.seed, jobKind, step)] as Kill]
