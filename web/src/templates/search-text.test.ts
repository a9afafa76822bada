import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSearch } from '@rookery/engine/search/parse'
import { anyOf, quoted, searchText } from './search-text.ts'

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

test('what narrows a list holds for everything that is typed, and sorting in words has the last say', () => {
  assert.equal(searchText(undefined, '', undefined), '')
  assert.equal(searchText(undefined, ' name = a or name = b ', '-memory'), 'name = a or name = b sortby memory desc')
  assert.equal(searchText('host = h', '', 'name'), 'host = h sortby name asc')
  assert.equal(searchText('host = h', 'name = a or name = b', undefined), '(host = h) and (name = a or name = b)')
  assert.equal(
    searchText('host = h', 'status = up sortby name desc', 'memory'),
    '(host = h) and (status = up) sortby name desc',
  )
})
