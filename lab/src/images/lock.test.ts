import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { withLock } from './lock.ts'
import { silent } from './progress.ts'

test('the second holder waits until the first is done, also when the first fails', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-lock.'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'lock')
  const order: string[] = []
  const held = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const first = withLock(file, { progress: silent }, async () => {
    order.push('first in')
    held.resolve()
    await release.promise
    order.push('first out')
    throw new Error('failed')
  })
  const settled = assert.rejects(first, /failed/)
  await held.promise
  const told = Promise.withResolvers<string>()
  const second = withLock(file, { progress: told.resolve }, async () => order.push('second in'))
  assert.match(await told.promise, /another build is running/)
  release.resolve()
  await Promise.all([settled, second])
  assert.deepEqual(order, ['first in', 'first out', 'second in'])
})

test('a wait can be given up', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-lock.'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'lock')
  await withLock(file, { progress: silent }, async () => {
    const control = new AbortController()
    const waiting = withLock(file, { progress: () => control.abort(), signal: control.signal }, async () => 'never')
    await assert.rejects(waiting, { name: 'AbortError' })
  })
})
