import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cut } from './cut.ts'

test('a short text stays, a long one keeps both ends', () => {
  assert.equal(cut('web1', 12), 'web1')
  assert.equal(cut('production-web-server-0001', 12), 'producti…001')
})

test('what people see as one character is never cut apart', () => {
  const family = '👨‍👩‍👧‍👦'
  assert.equal(cut(family.repeat(5), 5), family.repeat(5))
  assert.equal(cut(family.repeat(9), 4), `${family.repeat(2)}…${family}`)
  assert.equal(cut('각'.normalize('NFD').repeat(9), 4), `${'각각'.normalize('NFD')}…${'각'.normalize('NFD')}`)
})

test('four thousand characters are cut without looking at all of them', () => {
  assert.equal([...cut('x'.repeat(4096), 40)].length, 40)
})
