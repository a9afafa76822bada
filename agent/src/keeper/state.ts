import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { conflict } from '@rookery/model'
import { z } from 'zod'
import { findProcess, isThere } from './process.ts'

const ProcessId = z.object({ pid: z.int(), start: z.number() })

/** What a keeper leaves to the next one of the same boot. */
const State = z.object({
  bootId: z.string(),
  keeper: ProcessId,
  slot: z.int(),
  generation: z.string(),
  issuedAt: z.number(),
  expired: z.boolean(),
  /** Age at which the lease has expired, seconds: whoever finds it older stops the guests. */
  stop: z.number().default(Number.POSITIVE_INFINITY),
  /** Something is held that time frees: then this host must be gone in time. */
  timed: z.boolean().default(false),
  guests: z.record(z.string(), ProcessId),
  /** To which generation a resource goes over when its process is gone. */
  handovers: z.record(z.string(), z.string()).default({}),
})
export type KeeperState = z.infer<typeof State>

export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()

/**
 * What the keeper before this one left, or null when there was none since the boot.
 * @throws RookeryError `conflict` `lease.keeper_runs` while that one is still there: two would write the same registers
 */
export function readState(file: string): KeeperState | null {
  const state = peekState(file)
  if (state !== null && isThere(state.keeper))
    throw conflict('lease.keeper_runs', `The keeper of this host runs already, as process ${state.keeper.pid}.`)
  return state
}

/** The same, whether or not its keeper is still there. */
export function peekState(file: string): KeeperState | null {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    // There was none.
    return null
  }
  const state = State.parse(JSON.parse(text))
  return state.bootId === bootId() ? state : null
}

/** Replaces the state whole. It need not survive a power cut: the next boot is a new generation. */
export function writeState(file: string, state: Omit<KeeperState, 'bootId' | 'keeper'>): void {
  const keeper = findProcess(process.pid)
  writeFileSync(`${file}.new`, JSON.stringify({ ...state, bootId: bootId(), keeper }), { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
