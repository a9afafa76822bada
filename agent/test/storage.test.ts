import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import type { VolumeInfo } from '@rookery/protocol'
import {
  type StorageBench,
  storageBench,
  type TestDomain,
  testDomain,
  testTicket,
  testVolume,
} from '../src/storage/testing.ts'

const missing = spawnSync('qemu-img', ['--version']).status === 0 ? false : 'qemu-img is not installed'
const MiB = 1024 * 1024

describe('storage with the real qemu-img', { skip: missing }, () => {
  let bench: StorageBench
  let domain: TestDomain

  before(async () => {
    bench = await storageBench()
    domain = await testDomain(bench)
  })
  after(() => bench?.close())

  test('a raw volume is uploaded, verified and read back', async () => {
    const volume = await testVolume(bench, domain)
    const { url, ticket } = await testTicket(bench, domain, volume)
    const bytes = randomBytes(3 * MiB)
    assert.throws(() => bench.storage.volumePath(volume), { code: 'volume.illegal' })
    const put = await fetch(`${url}?flush=n`, {
      method: 'PUT',
      body: bytes,
      headers: { 'content-range': `bytes ${MiB}-${4 * MiB - 1}/*` },
    })
    assert.equal(put.status, 200)
    assert.equal((await fetch(url, { method: 'PATCH', body: '{"op":"flush"}' })).status, 200)
    await assert.rejects(bench.run('volume.verify', { volume, spm: domain.spm, format: 'raw', capacity: 8 * MiB }), {
      code: 'volume.being_written',
    })
    await bench.run('image.ticket.end', { ticket })
    const info = await bench.run('volume.verify', { volume, spm: domain.spm, format: 'raw', capacity: 8 * MiB })
    assert.equal((info as VolumeInfo).capacity, 8 * MiB)
    const reading = await testTicket(bench, domain, volume, { ops: 'read' })
    const got = await fetch(reading.url, { headers: { range: `bytes=${MiB}-${4 * MiB - 1}` } })
    assert.equal(got.status, 206)
    assert.deepEqual(Buffer.from(await got.arrayBuffer()), bytes)
    assert.deepEqual(readFileSync(bench.storage.volumePath(volume)).subarray(MiB, 4 * MiB), bytes)
    await bench.run('image.ticket.end', { ticket: reading.ticket })
  })

  test('a qcow2 file that qemu-img made goes up as the volume itself and passes', async () => {
    const source = `${bench.dir}/source.qcow2`
    const raw = `${bench.dir}/source.raw`
    writeFileSync(raw, randomBytes(2 * MiB))
    execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, source])
    const volume = await testVolume(bench, domain, { format: 'qcow2' })
    const { url, ticket } = await testTicket(bench, domain, volume, { format: 'qcow2', size: 16 * MiB })
    assert.equal((await fetch(url, { method: 'PUT', body: readFileSync(source) })).status, 200)
    await bench.run('image.ticket.end', { ticket })
    const info = await bench.run('volume.verify', { volume, spm: domain.spm, format: 'qcow2', capacity: 8 * MiB })
    assert.equal((info as VolumeInfo).capacity, 2 * MiB)
    const path = bench.storage.volumePath(volume)
    execFileSync('qemu-img', ['compare', '-f', 'raw', '-F', 'qcow2', raw, path])
  })

  test('raw bytes sent to a qcow2 volume are converted on the way, and back', async () => {
    const volume = await testVolume(bench, domain, { format: 'qcow2' })
    const more = { format: 'qcow2', serve: 'raw' } as const
    const { url, ticket } = await testTicket(bench, domain, volume, more)
    const options = await fetch(url, { method: 'OPTIONS' })
    assert.deepEqual(await options.json(), {
      features: ['checksum', 'extents', 'flush', 'zero'],
      max_readers: 8,
      max_writers: 8,
    })
    const bytes = randomBytes(MiB)
    const headers = { 'content-range': `bytes ${2 * MiB}-*/*` }
    assert.equal((await fetch(url, { method: 'PUT', body: bytes, headers })).status, 200)
    const zero = JSON.stringify({ op: 'zero', offset: 2 * MiB, size: 65_536, flush: true })
    assert.equal((await fetch(url, { method: 'PATCH', body: zero })).status, 200)
    bytes.fill(0, 0, 65_536)
    assert.deepEqual(await (await fetch(`${url}/extents`)).json(), [
      { start: 0, length: 2 * MiB, zero: true, hole: true },
      { start: 2 * MiB, length: 65_536, zero: true, hole: false },
      { start: 2 * MiB + 65_536, length: MiB - 65_536, zero: false, hole: false },
      { start: 3 * MiB, length: 5 * MiB, zero: true, hole: true },
    ])
    await bench.run('image.ticket.end', { ticket })
    await bench.run('volume.verify', { volume, spm: domain.spm, format: 'qcow2', capacity: 8 * MiB })
    const reading = await testTicket(bench, domain, volume, { ...more, ops: 'read' })
    const all = Buffer.from(await (await fetch(reading.url)).arrayBuffer())
    assert.equal(all.length, 8 * MiB)
    assert.deepEqual(all.subarray(2 * MiB, 3 * MiB), bytes)
    await bench.run('image.ticket.end', { ticket: reading.ticket })
    execFileSync('qemu-img', ['check', '-q', '-f', 'qcow2', bench.storage.volumePath(volume)])
  })
})
