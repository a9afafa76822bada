import { setTimeout as pause } from 'node:timers/promises'

/** Waits for a state, not for a time: asks until the answer is truthy, and fails with `what` after the deadline. */
export async function until<T>(
  ask: () => T | Promise<T>,
  o: { what?: string; timeoutMs?: number; everyMs?: number } = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + (o.timeoutMs ?? 60_000)
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > deadline) throw new Error(`waited in vain for ${o.what ?? ask.toString()}`)
    await pause(o.everyMs ?? 20)
  }
}

/** Waits for an end, and says on standard error what is late: a test that hangs in `after` does not. */
export async function ended(what: string, end: Promise<unknown>): Promise<void> {
  const late = setTimeout(() => console.error(`${what} has not ended for 20 s`), 20_000)
  try {
    await end
  } finally {
    clearTimeout(late)
  }
}
