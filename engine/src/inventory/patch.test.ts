import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { applyPatch, patchOf } from './patch.ts'

const Thing = z.strictObject({
  size: z.int().default(1),
  nested: z.strictObject({ a: z.string().default('x'), list: z.array(z.int()).default([1]) }).prefault({}),
})

test('a patch says only what was said', () => {
  assert.deepEqual(patchOf(Thing).parse({ nested: { a: 'y' } }), { nested: { a: 'y' } })
  assert.deepEqual(patchOf(Thing).parse({}), {})
})

test('a patch refuses words that the thing does not have, nested ones too', () => {
  assert.equal(patchOf(Thing).safeParse({ nested: { b: 1 } }).success, false)
})

test('applying a patch keeps what it does not mention and replaces lists whole', () => {
  assert.deepEqual(applyPatch(Thing.parse({}), { nested: { list: [2, 3] }, size: undefined }), {
    size: 1,
    nested: { a: 'x', list: [2, 3] },
  })
})
