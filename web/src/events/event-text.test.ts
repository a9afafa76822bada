import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { catalog } from '../../../engine/src/events/catalog.ts'

const korean = JSON.parse(readFileSync(join(import.meta.dirname, 'korean.json'), 'utf8')) as Record<string, string>
const places = (text: string) => [...new Set([...text.matchAll(/\{([a-z_]+)\}/g)].map(found => found[1]))].sort()

test('every event has its Korean sentence, with the same places', () => {
  assert.deepEqual(Object.keys(korean).sort(), Object.keys(catalog).sort())
  for (const [name, { text }] of Object.entries(catalog))
    assert.deepEqual(places(korean[name] ?? ''), places(text), name)
})

test('no particle that depends on the last sound follows a place', () => {
  for (const [name, text] of Object.entries(korean))
    assert.doesNotMatch(text, /\}["”]?(은|는|이|가|을|를|과|와|로|으로)(?![가-힣])/u, name)
})
