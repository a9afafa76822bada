import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { secretsIn, secretsWith } from './secrets.ts'

test('a sealed word is opened by the same key alone, and nobody changes it unseen', async () => {
  const key = randomBytes(32)
  const mine = secretsWith(async () => key)
  const sealed = await mine.seal('hunter2 ü')
  assert.ok(!sealed.includes('hunter2'))
  assert.notEqual(sealed, await mine.seal('hunter2 ü'))
  assert.equal(await mine.open(sealed), 'hunter2 ü')
  const other = secretsWith(async () => randomBytes(32))
  await assert.rejects(other.open(sealed), { code: 'secret.sealed' })
  await assert.rejects(mine.open(`${sealed.slice(0, -6)}AAAAA=`), { code: 'secret.sealed' })
  await assert.rejects(mine.open('hunter2'), { code: 'secret.sealed' })
})

test('the key is a file that only its owner reads; engines that make it at once have the same one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-secrets-'))
  try {
    const file = join(folder, 'pki', 'secrets.key')
    const engines = Array.from({ length: 8 }, () => secretsIn(file))
    const sealed = await Promise.all(engines.map(engine => engine.seal('word')))
    for (const word of sealed) assert.equal(await engines[0]?.open(word), 'word')
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.equal(await secretsIn(file).open(sealed[3] ?? ''), 'word')
    await writeFile(file, (await readFile(file, 'utf8')).slice(0, 20))
    await assert.rejects(secretsIn(file).seal('word'), { code: 'secret.key' })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
