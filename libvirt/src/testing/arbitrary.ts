/** Values for any XDR type, made from what its codec says about itself. */
import fc from 'fast-check'
import type { Shape } from '../xdr.ts'

/** Lists are legal up to hundreds of thousands of elements; a handful shows as much. */
const MANY = 3

export function arbitraryOf(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'void':
      return fc.constant(undefined)
    case 'int':
      return fc.integer({ min: shape.min, max: shape.max })
    case 'hyper':
      return fc.bigInt({ min: shape.min, max: shape.max })
    case 'double':
      return fc.double({ noNaN: true })
    case 'bool':
      return fc.boolean()
    case 'enum':
      return fc.constantFrom(...shape.values)
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 12 }).filter(text => !text.includes('\0'))
    case 'bytes':
    case 'chars':
      return fc.uint8Array({ maxLength: Math.min(shape.max, 9) }).map(bytes => Buffer.from(bytes))
    case 'fixedBytes':
    case 'fixedChars':
      return fc.uint8Array({ minLength: shape.size, maxLength: shape.size }).map(bytes => Buffer.from(bytes))
    case 'optional':
      return fc.option(arbitraryOf(shape.of), { nil: null })
    case 'array':
      return fc.array(arbitraryOf(shape.of), { maxLength: Math.min(shape.max, MANY) })
    case 'fixedArray':
      return fc.array(arbitraryOf(shape.of), { minLength: shape.size, maxLength: shape.size })
    case 'struct':
      return fc.record(Object.fromEntries(shape.fields.map(([name, of]) => [name, arbitraryOf(of)])), {
        noNullPrototype: true,
      })
    case 'union':
      return fc.oneof(...shape.cases.map(([type, of]) => arbitraryOf(of).map(value => ({ type, value }) as unknown)))
  }
}
