import { keepPreviousData, type UseQueryResult, useMutation, useQuery } from '@tanstack/react-query'
import { ask, op, type OperationName, type QueryName } from './client.ts'
import type { ApiError } from './error.ts'
import type { NativeOperations, NativeQueries } from './native.ts'

/** How a query is cached: by its name and input. The live layer says when it is old, never a clock. */
export const askOptions = <N extends QueryName>(name: N, input: NativeQueries[N]['input']) => ({
  queryKey: ['ask', name, input] as const,
  queryFn: ({ signal }: { signal: AbortSignal }) => ask(name, input, { signal }),
})

/** The answer to a query, kept up to date by the live layer. With `keep`, the last answer stays while the next one comes. */
export function useAsk<N extends QueryName>(
  name: N,
  input: NativeQueries[N]['input'],
  o: { enabled?: boolean; keep?: boolean } = {},
): UseQueryResult<NativeQueries[N]['output'], ApiError> {
  return useQuery<NativeQueries[N]['output'], ApiError>({
    ...askOptions(name, input),
    enabled: o.enabled ?? true,
    ...(o.keep === true ? { placeholderData: keepPreviousData } : {}),
  })
}

/** An operation as a button or a form calls it. */
export const useOp = <N extends OperationName>(name: N) =>
  useMutation<NativeOperations[N]['output'], ApiError, NativeOperations[N]['input']>({
    mutationFn: input => op(name, input),
  })
