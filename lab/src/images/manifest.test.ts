import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { areStill, digests } from './manifest.ts'

test('an image is out of date when a library that was put into it was upgraded or removed', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-manifest.'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const [one, two] = [join(folder, 'libone.so.1'), join(folder, 'libtwo.so.2')]
  await writeFile(one, 'one')
  await writeFile(two, 'two')
  const known = await digests([one, two])
  assert.equal(await areStill(known), true)
  await writeFile(two, 'two, upgraded')
  assert.equal(await areStill(known), false)
  await rm(two)
  assert.equal(await areStill(known), false)
})
