import { z } from 'zod'

/** A schema without its default: the default is what a new thing gets, not what an absent word in an update means. */
type Bare<T> = T extends z.ZodDefault<infer I> ? Bare<I> : T extends z.ZodPrefault<infer I> ? Bare<I> : T

/** Every word optional and without default, in nested objects too. Arrays stay whole. */
export type PatchOf<T> =
  Bare<T> extends z.ZodObject<infer S>
    ? z.ZodObject<{ [K in keyof S]: z.ZodOptional<PatchOf<S[K]> & z.core.SomeType> }, z.core.$strict>
    : Bare<T>

/** What clients may say to change a thing of this schema: what is absent stays as it is. */
export function patchOf<T extends z.ZodObject>(schema: T): PatchOf<T> {
  // The loop below builds exactly PatchOf<T>; TypeScript cannot follow a mapped type through Object.entries.
  return bareObject(schema) as unknown as PatchOf<T>
}

function bareObject(schema: z.ZodObject): z.ZodObject {
  return z.strictObject(
    Object.fromEntries(Object.entries(schema.shape).map(([key, field]) => [key, z.optional(bare(field))])),
  )
}

function bare(field: z.core.$ZodType): z.core.$ZodType {
  if (field instanceof z.ZodDefault || field instanceof z.ZodPrefault) return bare(field.unwrap())
  return field instanceof z.ZodObject ? bareObject(field) : field
}

/** Puts what the patch says over what is there: objects key by key, everything else whole; undefined says nothing. */
export function applyPatch<T extends object>(current: T, patch: object): T {
  const result: Record<string, unknown> = { ...(current as Record<string, unknown>) }
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue
    const old = result[key]
    result[key] = isPlain(old) && isPlain(value) ? applyPatch(old, value) : value
  }
  return result as T
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
