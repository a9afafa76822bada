import { invalid } from '@rookery/model'

/**
 * The deadlines of a storage lease in seconds. They stand in the header of the area, so that all hosts use the same; how they follow
 * from one another is said at `checkTimes`.
 */
export interface LeaseTimes {
  /** Between two renewals. */
  renew: number
  /** An I/O that takes longer is no observation of others. */
  io: number
  /** Age at which the lease is expired and the guests are paused. Age counts from the issue of the last completed renewal. */
  stop: number
  /** Age at which timed guests are killed. */
  kill: number
  /** Age at which a killed process that is still there lets the watchdog reset the host. */
  reset: number
  /** The watchdog fires this long after it was fed last. */
  watchdog: number
  /** The storage executes a request that it received no later than this. An assumption that no client can enforce. */
  late: number
  /** A slot that did not move this long is dead for timed entries. */
  dead: number
  /** Longest pause between two reads that still make one observation. */
  gap: number
  /** After a fence or a person's word the slot must not move this long. */
  see: number
  /** A slot whose owner left or died rests this long before another host may take it. */
  quarantine: number
}

/** Relative error of the clock rates of any two hosts that the times allow for. */
const clockError = 0.01

export const defaultTimes: LeaseTimes = {
  renew: 10,
  io: 10,
  stop: 30,
  kill: 40,
  reset: 50,
  watchdog: 30,
  late: 10,
  dead: 100,
  gap: 25,
  see: 35,
  quarantine: 3600,
}

/**
 * Refuses times that do not carry the argument of the lease: the last write of a host that renews no more is handed over before
 * `reset + watchdog`, has reached the disk `late` after that, and a host that finished seeing the slot still may take over `dead` later
 * by its own clock.
 * @throws RookeryError `invalid` `lease.times`
 */
export function checkTimes(times: LeaseTimes): LeaseTimes {
  const refuse = (why: string) => invalid('lease.times', `These times of a storage lease are not safe: ${why}.`)
  for (const [name, value] of Object.entries(times))
    if (!Number.isFinite(value) || value <= 0) throw refuse(`${name} must be a number of seconds above 0`)
  const order = ['renew', 'stop', 'kill', 'reset'] as const
  for (const [index, name] of order.entries()) {
    const next = order[index + 1]
    if (next !== undefined && times[name] >= times[next]) throw refuse(`${name} must be less than ${next}`)
  }
  if (times.gap <= times.renew) throw refuse('gap must be more than renew')
  if (times.see <= times.stop) throw refuse('see must be more than stop')
  const least = ((times.reset + times.watchdog + times.late) * (1 + clockError)) / (1 - clockError)
  if (times.dead < least) throw refuse(`dead must be at least reset + watchdog + late: ${Math.ceil(least)}`)
  return times
}
