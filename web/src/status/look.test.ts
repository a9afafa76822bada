import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { roleOf, type StatusKind, statuses, statusRoles, vmStatusOf } from './look.ts'

const words = (language: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', 'i18n', language, 'status.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >

for (const language of ['en', 'ko'])
  test(`${language}: every status has its word, and no word is left over`, () => {
    const { pause: _, ...kinds } = words(language)
    assert.deepEqual(Object.keys(kinds).sort(), Object.keys(statuses).sort())
    for (const [kind, table] of Object.entries(kinds))
      assert.deepEqual(Object.keys(table).sort(), Object.keys(statuses[kind as StatusKind]).sort(), kind)
  })

test('roles are the glossary’s', () => {
  for (const [kind, table] of Object.entries(statuses))
    for (const status of Object.keys(table)) assert.ok(statusRoles.includes(roleOf(kind as StatusKind, status)))
  assert.equal(roleOf('vm', 'up'), 'good')
  assert.equal(roleOf('host', 'maintenance'), 'maintenance')
  assert.equal(roleOf('disk', 'illegal'), 'problem')
})

test('a status of another release is unknown, also one with the name of something that every object has', () => {
  assert.equal(roleOf('vm', 'teleporting'), 'unknown')
  assert.equal(roleOf('vm', 'constructor'), 'unknown')
})

test('a pause by a fault is told from one that was asked for', () => {
  assert.equal(roleOf('vm', vmStatusOf({ status: 'paused', pauseReason: 'user' })), 'off')
  assert.equal(roleOf('vm', vmStatusOf({ status: 'paused', pauseReason: null })), 'off')
  assert.equal(roleOf('vm', vmStatusOf({ status: 'paused', pauseReason: 'no_space' })), 'attention')
  assert.equal(roleOf('vm', vmStatusOf({ status: 'paused', pauseReason: 'io_error' })), 'attention')
})

test('what stands out beside the run is shown while the VM is off', () => {
  assert.equal(vmStatusOf({ status: 'down', standing: 'normal' }), 'down')
  assert.equal(vmStatusOf({ status: 'down', standing: 'failed' }), 'failed')
  assert.equal(vmStatusOf({ status: 'up', standing: 'rescued' }), 'up')
})
