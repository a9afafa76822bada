/** Waits until `look` answers something true, and answers it; throws after `ms`. For tests: they wait for a state, never for a time. */
export async function until<T>(look: () => Promise<T> | T, ms = 60_000): Promise<Exclude<NonNullable<T>, false>> {
  const deadline = performance.now() + ms
  for (;;) {
    const found = await look()
    if (found) return found as Exclude<NonNullable<T>, false>
    if (performance.now() > deadline) throw new Error(`it did not come to pass within ${ms} ms: ${look}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
