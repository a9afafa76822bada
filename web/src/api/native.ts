/** What the engine offers, by name: generated from its own operations and queries. */
export type { NativeOperations, NativeQueries } from './native.gen.ts'
