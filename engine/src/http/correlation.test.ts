import assert from 'node:assert/strict'
import { test } from 'node:test'
import { correlationId } from './correlation.ts'

test('a correlation id is kept as sent, but for what does not belong into one and what is too long', () => {
  assert.equal(correlationId('Deploy-7_a'), 'Deploy-7_a')
  assert.equal(correlationId('a b\n<c>;é'), 'abc')
  assert.equal(correlationId('x'.repeat(50)), 'x'.repeat(36))
})

test('where none was sent, or nothing of it is left, it is a new one', () => {
  const made = [undefined, '', '<>;'].map(correlationId)
  assert.equal(new Set(made).size, 3)
  for (const id of made) assert.match(id, /^[0-9a-f-]{36}$/)
})
