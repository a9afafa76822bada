import { attendance } from './attended.ts'
import type { NativeOperations, NativeQueries } from './native.ts'
import { ApiError, errorOf, unreachable } from './error.ts'

export type OperationName = keyof NativeOperations
export type QueryName = keyof NativeQueries

let csrf = ''
let onSignedOut: () => void = () => {}

/** The token that proves that a request comes from our page; kept in memory only. */
export function setCsrf(token: string): void {
  csrf = token
}

/** Who is told when an answer says that nobody is signed in. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener
}

/** One request to the engine; throws an ApiError. */
export async function request<T>(
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  o: { signal?: AbortSignal | undefined } = {},
): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...attendance(),
        ...(method === 'POST' ? { 'content-type': 'application/json', 'x-csrf-token': csrf } : {}),
      },
      ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
      ...(o.signal === undefined ? {} : { signal: o.signal }),
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw unreachable(error)
  }
  const answer: unknown = await response.json().catch(() => null)
  if (response.ok) return answer as T
  const error = errorOf(response.status, answer, response.headers.get('correlation-id') ?? undefined)
  if (error.kind === 'unauthenticated') onSignedOut()
  throw error
}

/** Asks for a change. What it says is durable once this returns. */
export async function op<N extends OperationName>(
  name: N,
  input: NativeOperations[N]['input'],
): Promise<NativeOperations[N]['output']> {
  return (await request<{ result: NativeOperations[N]['output'] }>('POST', `/api/op/${name}`, input)).result
}

/** What an operation would do: the plan. Nothing happens. */
export async function planOf<N extends OperationName>(name: N, input: NativeOperations[N]['input']): Promise<Plan> {
  return (await request<{ plan: Plan }>('POST', `/api/op/${name}?plan=true`, input)).plan
}

/** Reads. */
export async function ask<N extends QueryName>(
  name: N,
  input: NativeQueries[N]['input'],
  o: { signal?: AbortSignal | undefined } = {},
): Promise<NativeQueries[N]['output']> {
  return (await request<{ result: NativeQueries[N]['output'] }>('POST', `/api/query/${name}`, input, o)).result
}

/** What a dry run would change. */
export interface Plan {
  changes?: { kind: string; id: string; name?: string }[]
  events?: { name: string; message: string }[]
  jobs?: { kind: string; description: string }[]
}

/** Whether a failure is worth another try without anybody asking: only when no answer came or something was away. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ApiError && (error.kind === 'unreachable' || error.kind === 'unavailable')
