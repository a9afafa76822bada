import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type EndedRun, rememberedEnds } from '@rookery/protocol'
import { openState } from './database.ts'
import { keepEndedRuns } from './ended-runs.ts'

function state(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'rk-ends.'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const db = openState(folder)
  t.after(() => db.close())
  return { folder, db }
}
const ended = (change: Partial<EndedRun> = {}): EndedRun => ({
  vmId: randomUUID(),
  runId: randomUUID(),
  end: 'shutdown',
  detail: null,
  ...change,
})

test('ends are remembered over a restart, in their order', t => {
  const { folder, db } = state(t)
  const told = [ended(), ended({ end: 'crashed', detail: 'it broke' })]
  for (const one of told) keepEndedRuns(db).add(one)
  const again = openState(folder)
  assert.deepEqual(keepEndedRuns(again).all(), told)
  again.close()
})

test('only so many are kept, and none for longer than a week', t => {
  const { db } = state(t)
  let now = 1_700_000_000_000
  const ends = keepEndedRuns(db, () => now)
  ends.add(ended())
  now += rememberedEnds.ms + 1
  assert.deepEqual(ends.all(), [])
  const many = Array.from({ length: rememberedEnds.count + 5 }, () => ended())
  db.exec('pragma synchronous = off')
  for (const one of many) ends.add(one)
  assert.deepEqual(ends.all(), many.slice(5))
})

test('a run that ends again has its last word remembered', t => {
  const { db } = state(t)
  const ends = keepEndedRuns(db)
  const first = ended({ end: 'failed' })
  ends.add(first)
  ends.add({ ...first, end: 'destroyed' })
  assert.deepEqual(ends.all(), [{ ...first, end: 'destroyed' }])
})
