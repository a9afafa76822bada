import { ApiError, toApiError } from '../api/error.ts'

/**
 * Does something with each of several VMs, all of them whatever happens to one. Throws the first failure when none went well; the
 * others are told one by one.
 */
export async function each<T extends { name: string }>(
  things: readonly T[],
  run: (thing: T) => Promise<unknown>,
  failed: (thing: T, error: ApiError) => void,
): Promise<void> {
  const results = await Promise.allSettled(things.map(thing => run(thing)))
  const failures = results.flatMap((result, index) => {
    const thing = things[index]
    return result.status === 'rejected' && thing !== undefined ? [{ thing, error: toApiError(result.reason) }] : []
  })
  const [first] = failures
  if (first !== undefined && failures.length === things.length) throw first.error
  for (const { thing, error } of failures) failed(thing, error)
}
