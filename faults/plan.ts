import { randomInt } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a run of the suite does. `./rookery test faults --seed N --kills N --real-kills N --every-step` sets the variables. */
export interface Plan {
  /** What everything random is made of; printed, and repeats the run as far as scheduling allows. */
  readonly seed: string
  /** Kills of parts that work with pretended hosts, and of parts of a real host. */
  readonly kills: number
  readonly realKills: number
  /** Kills at steps of jobs of a real host: at a few, one at each step in turns, or everybody at each. */
  readonly realSteps: 'few' | 'turns' | 'all'
  /** The command that does it again. */
  readonly again: string
}

/**
 * The seed of the short form. It is always the same, so that the CI of a checkout that passed once fails for no other reason than a
 * change; new moments and new orders are the long form's to find.
 */
const shortSeed = '101'

const count = (text: string | undefined, otherwise: number): number => {
  const found = Number(text)
  return Number.isInteger(found) && found > 0 ? found : otherwise
}

/** The plan of this process: without variables the short one of CI. Who says how many kills there are gets a new seed each time. */
export function planOf(env: NodeJS.ProcessEnv = process.env): Plan {
  const long = env.ROOKERY_FAULTS_KILLS !== undefined || env.ROOKERY_FAULTS_REAL_KILLS !== undefined
  const seed = env.ROOKERY_FAULTS_SEED ?? (long ? String(randomInt(1_000_000)) : shortSeed)
  const kills = count(env.ROOKERY_FAULTS_KILLS, 12)
  const realKills = count(env.ROOKERY_FAULTS_REAL_KILLS, 6)
  const everyStep = env.ROOKERY_FAULTS_EVERY_STEP !== undefined
  const realSteps = everyStep ? 'all' : realKills > 12 ? 'turns' : 'few'
  const again = `./rookery test faults --seed ${seed} --kills ${kills} --real-kills ${realKills}${everyStep ? ' --every-step' : ''}`
  return { seed, kills, realKills, realSteps, again }
}

/** A folder for the logs of a run, kept when it fails. */
export const logFolder = (what: string, seed: string): string =>
  mkdtempSync(join(tmpdir(), `rookery-faults-${what}-${seed}-`))

/** Numbers from a seed: the same seed gives the same ones. */
export class Dice {
  #state: number

  constructor(seed: string) {
    let hash = 2166136261
    for (const char of seed) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619)
    this.#state = hash >>> 0
  }

  /** From 0 to below 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** A whole number from `low` to `high`. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.int(0, from.length - 1)] as T
  }
}
