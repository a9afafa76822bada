import { setTimeout as pause } from 'node:timers/promises'

/**
 * Looks again and again until the answer is not undefined or false, and gives it. Fails after `deadlineMs` with `what` and
 * the last thing that went wrong: a look may throw as long as it succeeds in the end.
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  o: { deadlineMs?: number; everyMs?: number } = {},
): Promise<T> {
  const { deadlineMs = 180_000, everyMs = 50 } = o
  const end = performance.now() + deadlineMs
  let last: unknown
  for (;;) {
    try {
      const answer = await look()
      if (answer !== undefined && answer !== false) return answer
      last = undefined
    } catch (error) {
      last = error
    }
    if (performance.now() >= end)
      throw new Error(
        `waited ${deadlineMs / 1000} s in vain: ${what}`,
        last === undefined ? undefined : { cause: last },
      )
    await pause(everyMs)
  }
}
