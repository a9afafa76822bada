import { Fault } from '../fault.ts'
import type { Paths } from '../instance/paths.ts'
import { takeLock } from '../system/lock.ts'

/**
 * The supervisor answers before it ends: it is over when its lock is free. Until then an "up" would be refused, and a data directory that
 * is removed would lose its folders under a living process.
 */
export async function supervisorEnded(p: Paths): Promise<void> {
  const deadline = performance.now() + 15_000
  for (;;) {
    const unlock = await takeLock(p.supervisorLock)
    if (unlock) return unlock()
    if (performance.now() > deadline)
      throw new Fault('failed', 'The supervisor did not end.', `Its log is ${p.logOf('supervisor')}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
