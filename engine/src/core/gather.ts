/** Questions under way at once; a second one keeps a slow answer from holding up everybody. */
const atOnce = 2

/**
 * Joins questions that arrive while others are under way: whoever asks then waits for the next statement, which asks for all of them
 * together. Nothing is kept and nobody is told anything older than his question: a key is only ever put into a statement that
 * has not begun. Under load the database has a fraction of the statements, at rest each question goes out at once.
 *
 * `ask` answers for many different keys, a key that it leaves out has no value. Its error is the error of everybody in it.
 */
export function gathered<K extends string, V>(
  ask: (keys: readonly K[]) => Promise<ReadonlyMap<K, V>>,
): (key: K) => Promise<V | undefined> {
  interface Batch {
    keys: Set<K>
    answer: PromiseWithResolvers<ReadonlyMap<K, V>>
  }
  let waiting: Batch | undefined
  let underWay = 0

  const begin = async ({ keys, answer }: Batch): Promise<void> => {
    underWay++
    try {
      answer.resolve(await ask([...keys]))
    } catch (error) {
      answer.reject(error)
    } finally {
      underWay--
      next()
    }
  }
  const next = () => {
    if (waiting === undefined || underWay >= atOnce) return
    const batch = waiting
    waiting = undefined
    void begin(batch)
  }

  return async key => {
    if (waiting === undefined) {
      waiting = { keys: new Set(), answer: Promise.withResolvers() }
      queueMicrotask(next) // what is asked in the same turn goes along
    }
    const { keys, answer } = waiting
    keys.add(key)
    return (await answer.promise).get(key)
  }
}
