import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { findAcceleration, tryAccelerator } from './probe.ts'

const emulator = '/usr/bin/qemu-system-x86_64'
const skip = existsSync(emulator) ? false : 'qemu-system-x86 is not installed'

test('the probe sees guest instructions run under emulation', { skip }, async () => {
  assert.equal(await tryAccelerator(emulator, 'tcg', 60_000), null)
})

test('a guest that does not come back is killed at the time limit and said so', { skip }, async () => {
  const said = await tryAccelerator(emulator, 'tcg', 1)
  assert.match(said ?? '', /did not end within/)
})

test('the choice of the configuration is not questioned', async () => {
  const found = await findAcceleration({ emulator, wish: 'tcg', cacheFile: '/nowhere', owner: null })
  assert.deepEqual(found, { kind: 'tcg', reason: 'The configuration says tcg.' })
})

test('by itself the host finds what works, gives the reason, and remembers it for this boot', { skip }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'rk-accel.'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const options = { emulator, wish: 'auto' as const, cacheFile: join(folder, 'cache.json'), owner: null }
  const found = await findAcceleration(options)
  assert.ok(found.reason.length > 10)
  const began = performance.now()
  assert.deepEqual(await findAcceleration(options), found)
  assert.ok(performance.now() - began < 4000)
})
