import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileJournal } from './journal.ts'

test('the last word on a key is found again, and the log is rewritten to just that', t => {
  const dir = mkdtempSync(join(tmpdir(), 'simulator.'))
  t.after(() => rmSync(dir, { recursive: true }))
  const first = fileJournal(dir)
  first.put('a', 1)
  first.put('b', { x: 1 })
  first.put('a', 2)
  first.delete('b')
  first.put('c', null)
  appendFileSync(join(dir, 'journal.ndjson'), '["d",{"cut":') // a crash in the middle of a line
  assert.deepEqual(
    [...fileJournal(dir).take()],
    [
      ['a', 2],
      ['c', null],
    ],
  )
  assert.equal(readFileSync(join(dir, 'journal.ndjson'), 'utf8'), '["a",2]\n["c",null]\n')
})
