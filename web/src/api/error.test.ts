import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorOf, toApiError } from './error.ts'

test('an error of the engine keeps its kind, code, place and correlation id', () => {
  const ref = { kind: 'vm', id: '1' }
  const error = errorOf(409, { error: { kind: 'conflict', code: 'vm.name', message: 'taken', ref } }, 'c1')
  assert.deepEqual(
    [error.kind, error.code, error.ref, error.status, error.correlationId],
    ['conflict', 'vm.name', ref, 409, 'c1'],
  )
})

test('an answer that is not the engine’s is unavailable, and 401 always means signed out', () => {
  assert.equal(errorOf(502, '<html>').kind, 'unavailable')
  assert.equal(errorOf(502, null).code, 'http.502')
  assert.equal(errorOf(401, null).kind, 'unauthenticated')
})

test('a bug in the console is an error too', () => {
  assert.equal(toApiError(new TypeError('x')).code, 'console.internal')
})
