import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cannot, must } from './allowed.ts'
import { RookeryError } from './errors.ts'
import { vmCan } from './vm.ts'

test('a refusal names the thing, its state and the states that would do', () => {
  assert.equal(
    cannot(vmCan.start, { id: '1', name: 'web1', status: 'migrating' }),
    'web1 is migrating; start works from down, suspended, paused.',
  )
})

test('an allowed action is not refused', () => {
  assert.equal(cannot(vmCan.start, { id: '1', name: 'web1', status: 'down' }), undefined)
})

test('must throws a conflict that carries the code of the action', () => {
  assert.throws(
    () => must(vmCan.remove, { id: '1', name: 'web1', status: 'up' }),
    (e: unknown) => e instanceof RookeryError && e.kind === 'conflict' && e.code === 'vm.remove.not_allowed',
  )
})
