import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rowWindow } from './row-window.ts'

test('whatever is seen is in the window, and the window stays small', () => {
  fc.assert(
    fc.property(fc.nat(320_000), fc.integer({ min: 100, max: 1200 }), fc.nat(10_000), (top, height, count) => {
      const { first, end } = rowWindow(top, height, 32, count)
      assert.ok(first >= 0 && end <= count && end - first <= Math.ceil(height / 256) * 8 + 24)
      for (const y of [top, top + height - 1]) {
        const row = Math.floor(y / 32)
        if (row < count) assert.ok(row >= first && row < end)
      }
    }),
  )
})
