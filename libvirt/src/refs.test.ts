import assert from 'node:assert/strict'
import { test } from 'node:test'
import { domainRef, formatUuid, parseUuid, wireDomain } from './refs.ts'

const uuid = 'ecd61e43-57d3-4ecb-aaab-f08760143fbd'

test('a UUID goes to bytes and back, with or without dashes and in any case', () => {
  assert.equal(formatUuid(parseUuid(uuid)), uuid)
  assert.equal(formatUuid(parseUuid(uuid.replaceAll('-', '').toUpperCase())), uuid)
  assert.throws(() => parseUuid('not-a-uuid'), TypeError)
})

test('a domain that does not run has no id', () => {
  assert.deepEqual(domainRef(wireDomain({ name: 'a', uuid, id: null })), { name: 'a', uuid, id: null })
  assert.equal(wireDomain({ name: 'a', uuid, id: null }).id, -1)
  assert.equal(domainRef(wireDomain({ name: 'a', uuid, id: 3 })).id, 3)
})
