import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { spareCard } from './spare-card.ts'

test('the card for bridged networks is the one that nothing else uses, and none where there is a choice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-cards-'))
  const card = async (name: string, o: { carrier?: string; type?: string; has?: string } = {}) => {
    await mkdir(join(folder, name, o.has ?? '.'), { recursive: true })
    await writeFile(join(folder, name, 'type'), `${o.type ?? '1'}\n`)
    await writeFile(join(folder, name, 'carrier'), `${o.carrier ?? '1'}\n`)
    await writeFile(join(folder, name, 'flags'), '0x1003\n')
  }
  try {
    await card('lo', { type: '772' })
    await card('bridge9', { has: 'bridge' })
    await card('inbond9', { has: 'master' })
    await card('unplugged9', { carrier: '0' })
    assert.equal(await spareCard(folder), null)
    await card('spare9')
    assert.equal(await spareCard(folder), 'spare9')
    await card('other9')
    assert.equal(await spareCard(folder), null)
  } finally {
    await rm(folder, { recursive: true })
  }
})
