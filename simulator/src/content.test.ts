import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Content, fileContent, memoryContent } from './content.ts'

function behaves(content: Content): void {
  const text = Buffer.from('across the border of two pieces')
  content.write(65_530, text)
  assert.deepEqual(content.read(65_530, text.length), text)
  assert.equal(content.size, 65_530 + text.length)
  assert.ok(content.read(0, 65_530).every(b => b === 0))
  content.zero(65_536, 8)
  const after = content.read(65_530, text.length)
  assert.equal(after.subarray(0, 6).toString(), 'across')
  assert.ok(after.subarray(6, 14).every(b => b === 0))
  content.zero(10_000_000, 1_000_000)
  assert.equal(content.size, 11_000_000)
  assert.ok(content.allocated < 1_000_000, 'zeros take no room')
}

test('bytes in memory come back as written', () => behaves(memoryContent({ left: 1 << 20 })))

test('bytes in a file come back as written', t => {
  const dir = mkdtempSync(join(tmpdir(), 'simulator.'))
  t.after(() => rmSync(dir, { recursive: true }))
  behaves(fileContent(join(dir, 'volume')))
})

test('a fleet that holds its share of memory has no space left, and gets it back by removing', () => {
  const budget = { left: 128 * 1024 }
  const one = memoryContent(budget)
  one.write(0, Buffer.alloc(128 * 1024, 1))
  assert.throws(() => memoryContent(budget).write(0, Buffer.from([1])), /No space left/)
  one.remove()
  assert.equal(budget.left, 128 * 1024)
})
