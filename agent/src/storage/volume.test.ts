import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import {
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { VolumeInfo, VolumeRef } from '@rookery/protocol'
import { decodeDiskNames } from './layout/description.ts'
import { decodeVolumeMeta } from './layout/volume-meta.ts'
import { type StorageBench, storageBench, type TestDomain, testDomain, testTicket, testVolume } from './testing.ts'

const MiB = 1024 * 1024
const root = process.getuid?.() === 0

describe('a raw volume', () => {
  let bench: StorageBench
  let domain: TestDomain
  const resized: number[] = []
  let guestRuns = false
  before(async () => {
    bench = await storageBench({
      resizeRunning: async (_run, capacity) => {
        resized.push(capacity)
        return guestRuns
      },
    })
    domain = await testDomain(bench)
  })
  after(() => bench?.close())

  const fileOf = (ref: VolumeRef) => `${domain.path}/${ref.storageDomainId}/images/${ref.imageId}/${ref.volumeId}`
  const metaOf = (ref: VolumeRef) => decodeVolumeMeta(readFileSync(`${fileOf(ref)}.meta`), 'meta')
  const extend = (
    volume: VolumeRef,
    capacity: number,
    run: { vmId: string; runId: string; diskId: string } | null = null,
  ) => bench.run('volume.extend', { volume, spm: domain.spm, format: 'raw', capacity, run })

  test('is a sparse file of its capacity with metadata that oVirt reads', async () => {
    const volume = await testVolume(bench, domain, { capacity: 10 * MiB - 100, alias: '웹', description: 'd' })
    const { size, blocks, mode } = statSync(fileOf(volume))
    assert.equal(size, 10 * MiB)
    assert.ok(blocks * 512 < MiB)
    assert.equal(mode & 0o777, 0o660)
    const meta = metaOf(volume)
    assert.deepEqual(decodeDiskNames(meta.description), { alias: '웹', description: 'd' })
    assert.deepEqual(
      { ...meta, createdAt: 0, description: '' },
      {
        capacity: 10 * MiB,
        createdAt: 0,
        description: '',
        diskType: 'DATA',
        domainId: domain.storageDomainId,
        imageId: volume.imageId,
        format: 'RAW',
        generation: 0,
        sequence: 1,
        legality: 'LEGAL',
        parentId: '00000000-0000-0000-0000-000000000000',
        allocation: 'SPARSE',
        volumeType: 'LEAF',
        others: {},
      },
    )
    assert.deepEqual(readdirSync(dirname(fileOf(volume))).sort(), [volume.volumeId, `${volume.volumeId}.meta`])
  })

  test('that is preallocated takes its space at once', async () => {
    const volume = await testVolume(bench, domain, { sparse: false, capacity: 4 * MiB })
    assert.equal(statSync(fileOf(volume)).blocks * 512, 4 * MiB)
    assert.equal(metaOf(volume).allocation, 'PREALLOCATED')
    await extend(volume, 6 * MiB)
    assert.equal(statSync(fileOf(volume)).blocks * 512, 6 * MiB)
  })

  test('keeps what is in it when it is asked for again, and refuses to be another', async () => {
    const volume = await testVolume(bench, domain)
    writeFileSync(fileOf(volume), 'content', { flag: 'r+' })
    const again = {
      volume,
      spm: domain.spm,
      diskId: volume.imageId,
      capacity: 8 * MiB,
      format: 'raw' as const,
      sparse: true,
      alias: 'disk',
      description: '',
      purpose: 'data' as const,
    }
    await bench.run('volume.create', again)
    assert.equal(readFileSync(fileOf(volume)).subarray(0, 7).toString(), 'content')
    await assert.rejects(bench.run('volume.create', { ...again, capacity: 9 * MiB }), { code: 'volume.exists' })
    await assert.rejects(
      bench.run('volume.create', {
        ...again,
        volume: { ...volume, volumeId: randomUUID() },
        format: 'qcow2',
        sparse: false,
      }),
      { code: 'volume.preallocated_qcow2' },
    )
  })

  test('whose metadata a crash prevented is made again from nothing', async () => {
    const volume = await testVolume(bench, domain)
    rmSync(`${fileOf(volume)}.meta`)
    writeFileSync(fileOf(volume), 'garbage', { flag: 'r+' })
    assert.throws(() => bench.storage.volumePath(volume), { code: 'volume.missing' })
    await testVolume(bench, domain, { volume })
    assert.equal(readFileSync(fileOf(volume)).subarray(0, 7).toString('hex'), '00'.repeat(7))
  })

  test('that is cancelled while it is made leaves nothing', async () => {
    const volume = { storageDomainId: domain.storageDomainId, imageId: randomUUID(), volumeId: randomUUID() }
    const more = {
      diskId: volume.imageId,
      format: 'raw',
      sparse: true,
      alias: '',
      description: '',
      purpose: 'data',
    } as const
    const task = { volume, spm: domain.spm, capacity: MiB, ...more }
    await assert.rejects(bench.run('volume.create', task, AbortSignal.abort()))
    assert.ok(!existsSync(`${domain.path}/${domain.storageDomainId}/images/${volume.imageId}`))
  })

  test('grows and never shrinks, and counts what was done to it', async () => {
    const volume = await testVolume(bench, domain)
    const info = (await extend(volume, 16 * MiB)) as VolumeInfo
    assert.equal(info.capacity, 16 * MiB)
    await extend(volume, 16 * MiB)
    assert.equal(statSync(fileOf(volume)).size, 16 * MiB)
    assert.equal(metaOf(volume).generation, 1)
    await assert.rejects(extend(volume, 8 * MiB), { code: 'volume.shrink' })
  })

  test('grows through the guest that runs on it, and by itself when that is gone', async () => {
    const volume = await testVolume(bench, domain)
    const run = { vmId: randomUUID(), runId: randomUUID(), diskId: volume.imageId }
    guestRuns = true
    await extend(volume, 12 * MiB, run)
    assert.deepEqual(resized, [12 * MiB])
    // QEMU would have made the file longer; here nobody did, and nobody else may touch it.
    assert.equal(statSync(fileOf(volume)).size, 8 * MiB)
    guestRuns = false
    await extend(volume, 14 * MiB, run)
    assert.equal(statSync(fileOf(volume)).size, 14 * MiB)
    assert.equal(metaOf(volume).capacity, 14 * MiB)
  })

  test('stays raw when a guest writes the header of an image into it (W3)', async () => {
    const volume = await testVolume(bench, domain)
    writeFileSync(fileOf(volume), Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), Buffer.alloc(600, 1)]), {
      flag: 'r+',
    })
    const before = readFileSync(fileOf(volume)).subarray(0, 1024)
    await extend(volume, 16 * MiB)
    assert.equal(statSync(fileOf(volume)).size, 16 * MiB)
    assert.deepEqual(readFileSync(fileOf(volume)).subarray(0, 1024), before)
    const info = (await bench.run('volume.measure', { volume, format: 'raw' })) as VolumeInfo
    assert.equal(info.capacity, 16 * MiB)
    await assert.rejects(bench.run('volume.measure', { volume, format: 'qcow2' }), { code: 'volume.format_mismatch' })
  })

  test('is renamed in its metadata only', async () => {
    const volume = await testVolume(bench, domain)
    await bench.run('volume.describe', { volume, spm: domain.spm, alias: 'new', description: 'words' })
    assert.deepEqual(decodeDiskNames(metaOf(volume).description), { alias: 'new', description: 'words' })
  })

  test('for ISO files and saved memory says so in DISKTYPE', async () => {
    assert.equal(metaOf(await testVolume(bench, domain, { purpose: 'iso' })).diskType, 'ISOF')
    assert.equal(metaOf(await testVolume(bench, domain, { purpose: 'memory' })).diskType, 'MEMD')
  })

  test('that is too short after an upload is filled up, one that is too long is refused', async () => {
    const volume = await testVolume(bench, domain)
    const verify = { volume, spm: domain.spm, format: 'raw' as const, capacity: 8 * MiB }
    truncateSync(fileOf(volume), 1000)
    assert.equal(((await bench.run('volume.verify', verify)) as VolumeInfo).capacity, 8 * MiB)
    assert.equal(metaOf(volume).legality, 'LEGAL')
    truncateSync(fileOf(volume), 9 * MiB)
    await assert.rejects(bench.run('volume.verify', verify), { code: 'image.refused.too_large' })
    assert.equal(metaOf(volume).legality, 'ILLEGAL')
    assert.throws(() => bench.storage.volumePath(volume), { code: 'volume.illegal' })
    await assert.rejects(extend(volume, 16 * MiB), { code: 'volume.illegal' })
  })

  test('that is a link, or lies in one, is never opened', async () => {
    const secret = `${bench.dir}/secret`
    writeFileSync(secret, 'secret')
    const volume = await testVolume(bench, domain)
    rmSync(fileOf(volume))
    symlinkSync(secret, fileOf(volume))
    await assert.rejects(bench.run('volume.measure', { volume, format: 'raw' }), { code: 'storage.layout_broken' })
    assert.throws(() => bench.storage.volumePath(volume), { code: 'storage.layout_broken' })
    const { url, ticket } = await testTicket(bench, domain, volume, { ops: 'read' })
    assert.equal((await fetch(url)).status, 409)
    await bench.run('image.ticket.end', { ticket })
    const folder = `${domain.path}/${domain.storageDomainId}/images/${randomUUID()}`
    symlinkSync(`${domain.path}/${domain.storageDomainId}/images/${volume.imageId}`, folder)
    const inLink = { ...volume, imageId: folder.split('/').at(-1) as string }
    await assert.rejects(bench.run('volume.measure', { volume: inLink, format: 'raw' }), {
      code: 'storage.layout_broken',
    })
    assert.equal(readFileSync(secret, 'utf8'), 'secret')
  })

  test('that changed hands is given back before anybody uses it (R108)', {
    skip: root ? false : 'needs root',
  }, async () => {
    const volume = await testVolume(bench, domain)
    chownSync(fileOf(volume), 64_055, 107)
    bench.storage.volumePath(volume)
    assert.equal(statSync(fileOf(volume)).uid, 36)
    chownSync(fileOf(volume), 0, 0)
    await bench.run('volume.measure', { volume, format: 'raw' })
    const { uid, gid, mode } = statSync(fileOf(volume))
    assert.deepEqual([uid, gid, mode & 0o777], [36, 36, 0o660])
  })

  test('goes with its image, and a second removal finds nothing to do', async () => {
    const volume = await testVolume(bench, domain)
    const task = { storageDomainId: domain.storageDomainId, imageId: volume.imageId, spm: domain.spm, wipe: false }
    const { ticket } = await testTicket(bench, domain, volume)
    await assert.rejects(bench.run('image.remove', task), { code: 'image.in_transfer' })
    await bench.run('image.ticket.end', { ticket })
    await bench.run('image.remove', task)
    await bench.run('image.remove', task)
    assert.ok(!existsSync(`${domain.path}/${domain.storageDomainId}/images/${volume.imageId}`))
    await assert.rejects(bench.run('volume.measure', { volume, format: 'raw' }), { code: 'volume.missing' })
  })

  test('is overwritten before it goes when that is asked for, but never a template that others use', async () => {
    const mine = await testVolume(bench, domain)
    const shared = `${bench.dir}/shared`
    writeFileSync(fileOf(mine), 'secret', { flag: 'r+' })
    // An open descriptor sees what happens to the file after its name is gone.
    const fd = openSync(fileOf(mine), 'r')
    const folder = dirname(fileOf(mine))
    writeFileSync(shared, 'template')
    linkSync(shared, `${folder}/${randomUUID()}`)
    const task = { storageDomainId: domain.storageDomainId, imageId: mine.imageId, spm: domain.spm, wipe: true }
    await bench.run('image.remove', task)
    const bytes = Buffer.alloc(6)
    readSync(fd, bytes, 0, 6, 0)
    closeSync(fd)
    assert.equal(bytes.toString('hex'), '00'.repeat(6))
    assert.equal(readFileSync(shared, 'utf8'), 'template')
  })

  test('of a data center that does not own the domain is left alone', async () => {
    const spm = { poolId: randomUUID(), epoch: 1 }
    await assert.rejects(testVolume(bench, { ...domain, spm }), { code: 'storage.attached_elsewhere' })
  })
})
