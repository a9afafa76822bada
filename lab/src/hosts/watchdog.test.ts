import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Watchdog } from './watchdog.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rookery-watchdog-'))
})
after(() => rm(folder, { recursive: true, force: true }))

/** A watchdog with a short patience, and its bite. */
async function dog(
  hungryMs: number,
): Promise<{ file: string; bitten: Promise<void>; has: () => boolean; watchdog: Watchdog }> {
  const file = join(folder, String(hungryMs))
  const { promise, resolve } = Promise.withResolvers<void>()
  let has = false
  const bite = () => {
    has = true
    resolve()
  }
  const watchdog = await Watchdog.start(file, bite, { hungryMs, lookMs: 20 })
  return { file, bitten: promise, has: () => has, watchdog }
}

test('a watchdog that was fed once bites when nobody feeds it any more', async () => {
  const { file, bitten, has, watchdog } = await dog(5000)
  for (let n = 0; n < 30; n++) {
    await writeFile(file, '1')
    await pause(100)
    assert.equal(has(), false, 'it was fed')
  }
  await bitten
  watchdog.stop()
})

test('one that was never fed, or was told that it may sleep, bites nobody', async () => {
  const { file, has, watchdog } = await dog(100)
  await pause(400)
  await writeFile(file, 'V')
  await pause(400)
  assert.equal(has(), false)
  watchdog.stop()
})
