import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalog, type EventKind } from './catalog.ts'

test('no two kinds of events have one code, and ours keep out of the codes of oVirt', () => {
  const names = new Map<number, string>()
  for (const [name, { code }] of Object.entries<EventKind>(catalog)) {
    assert.equal(names.get(code), undefined, `${name} and ${names.get(code)} have the code ${code}`)
    names.set(code, name)
    assert.ok(code <= 15_013 || code >= 20_000, `${name}: no code of oVirt is ${code}`)
  }
})
