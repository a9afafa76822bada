import type { z } from 'zod'
import type { Ctx } from './ctx.ts'

/** A read; see {@link query}. */
export interface Query<I = unknown, O = unknown, In = I> {
  readonly kind: 'query'
  readonly name: string
  readonly input: z.ZodType<I, In>
  readonly output: z.ZodType<O> | undefined
  readonly run: (ctx: Ctx, input: I) => Promise<O>
}

/**
 * Defines a read of entities. Its FROM is `visible(ctx, kind)`, never a bare table: then nobody is told of what they may
 * not see, and no further permission is needed.
 */
export function query<S extends z.ZodType, O>(options: {
  name: string
  input: S
  output?: z.ZodType<O>
  run: (ctx: Ctx, input: z.output<S>) => Promise<O>
}): Query<z.output<S>, O, z.input<S>> {
  const { name, run, output } = options
  return { kind: 'query', name, input: options.input as unknown as z.ZodType<z.output<S>, z.input<S>>, output, run }
}
