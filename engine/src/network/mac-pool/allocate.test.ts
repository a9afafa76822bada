import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultRange, lowestFree, macNumber, macText } from './allocate.ts'

const range = { from: '56:6f:00:00:00:00', to: '56:6f:00:00:00:02' }

test('an address survives the way to a number and back', () => {
  assert.equal(macText(macNumber('56:6f:00:0a:ff:01')), '56:6f:00:0a:ff:01')
})

test('the lowest free address is taken, gaps first', () => {
  assert.equal(lowestFree(range, []), '56:6f:00:00:00:00')
  assert.equal(lowestFree(range, ['56:6f:00:00:00:00', '56:6f:00:00:00:02']), '56:6f:00:00:00:01')
})

test('the same address on two cards counts once', () => {
  assert.equal(lowestFree(range, ['56:6f:00:00:00:00', '56:6f:00:00:00:00']), '56:6f:00:00:00:01')
})

test('a full range has none left', () => {
  assert.equal(lowestFree(range, ['56:6f:00:00:00:00', '56:6f:00:00:00:01', '56:6f:00:00:00:02']), undefined)
})

test('installations have ranges of their own', () => {
  assert.deepEqual(defaultRange('a1b2c3d4-0000-4000-8000-000000000000'), {
    from: '56:6f:a1:b2:00:00',
    to: '56:6f:a1:b2:ff:ff',
  })
})
