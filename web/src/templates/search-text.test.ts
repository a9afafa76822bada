import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSearch } from '@rookery/engine/search/parse'
import { anyOf, quoted } from './search-text.ts'

test('a value is read back as it was, whatever stands in it', () => {
  for (const value of ['hyper1', 'two words', 'or', 'a "b" \\ c', ') or (name = x', 'sortby name']) {
    const { where } = parseSearch(`host = ${quoted(value)}`)
    assert.deepEqual(where, { kind: 'term', field: 'host', operator: '=', values: [value], column: 1 })
  }
})

test('several rows are one term that more can be added to', () => {
  const { where } = parseSearch(`${anyOf(['a', 'b'])} and name = x`)
  assert.equal(where?.kind, 'and')
})
