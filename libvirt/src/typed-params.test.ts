import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromTypedParams, numberParam, toTypedParams, typed } from './typed-params.ts'

test('a parameter list becomes a plain object and back', () => {
  const list = toTypedParams({
    int: typed.int(-1),
    uint: typed.uint(1),
    llong: typed.llong(-5),
    ullong: typed.ullong(5),
    double: typed.double(0.5),
    boolean: typed.boolean(true),
    string: typed.string('text'),
    absent: undefined,
  })
  assert.equal(list.length, 7)
  assert.deepEqual(
    { ...fromTypedParams(list) },
    { int: -1, uint: 1, llong: -5, ullong: 5, double: 0.5, boolean: true, string: 'text' },
  )
})

test('64-bit values stay exact: bigints where a number could not hold them', () => {
  const params = fromTypedParams(
    toTypedParams({ big: typed.ullong((1n << 64n) - 1n), fine: typed.ullong(2n ** 53n - 1n) }),
  )
  assert.equal(params['big'], 18446744073709551615n)
  assert.equal(params['fine'], 9007199254740991)
  assert.equal(numberParam(params, 'fine'), 9007199254740991)
  assert.equal(numberParam(params, 'missing'), undefined)
})

test('names from the daemon cannot reach the prototype', () => {
  const params = fromTypedParams([{ field: '__proto__', value: typed.string('x') }])
  assert.equal(params['__proto__'], 'x')
  assert.equal(({} as Record<string, unknown>)['x'], undefined)
})
