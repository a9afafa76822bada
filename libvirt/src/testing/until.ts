/** Waiting for a state. */
import { setTimeout as delay } from 'node:timers/promises'

/** Looks again and again until `holds` answers something truthy, and answers that. Fails after `deadlineMs`. */
export async function until<T>(
  what: string,
  holds: () => T | Promise<T>,
  deadlineMs = 60_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const end = Date.now() + deadlineMs
  for (;;) {
    const value = await holds()
    if (value) return value as NonNullable<Exclude<T, false>>
    if (Date.now() > end) throw new Error(`${what}: not within ${deadlineMs} ms`)
    await delay(20)
  }
}
