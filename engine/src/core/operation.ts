import type { z } from 'zod'
import type { Sql } from '../db/index.ts'
import type { Permit } from '../identity/permits.ts'
import type { Ctx } from './ctx.ts'
import type { Ref } from './kinds.ts'

/** A permission that is needed: which permit, on which object. Several objects need it on each. */
export interface PermitRule<I> {
  readonly action: Permit
  /** May look things up; it runs before the asker is known to see anything, so it must reveal nothing by its errors. */
  readonly on: (input: I, sql: Sql) => Ref | readonly Ref[] | Promise<Ref | readonly Ref[]>
}

/** One thing that can be asked for; see {@link operation}. */
export interface Operation<I = unknown, O = unknown, In = I> {
  readonly kind: 'operation'
  readonly name: string
  readonly input: z.ZodType<I, In>
  readonly output: z.ZodType<O> | undefined
  /** `signedIn`: anybody with a session; the function then decides by itself. */
  readonly permit: PermitRule<I> | readonly PermitRule<I>[] | 'signedIn'
  readonly preempts: readonly string[]
  readonly run: (ctx: Ctx, input: I) => Promise<O>
}

/** What {@link operation} takes. */
export interface OperationOptions<S extends z.ZodType, O> {
  name: string
  input: S
  output?: z.ZodType<O>
  permit: PermitRule<z.output<S>> | readonly PermitRule<z.output<S>>[] | 'signedIn'
  /** Job kinds whose locks it does not wait for: they are cancelled, and what it starts waits for them to unwind. */
  preempts?: readonly string[]
  run: (ctx: Ctx, input: z.output<S>) => Promise<O>
}

/**
 * Defines one thing that can be asked for: its name, the schema of its input, the permission it needs, and a function that
 * runs in one short transaction. It never waits for a host; what takes long is a job that it starts.
 */
export function operation<S extends z.ZodType, O>(
  options: OperationOptions<S, O>,
): Operation<z.output<S>, O, z.input<S>> {
  const { name, permit, run, preempts = [], output } = options
  return {
    kind: 'operation',
    name,
    input: options.input as unknown as z.ZodType<z.output<S>, z.input<S>>,
    output,
    permit,
    preempts,
    run,
  }
}
