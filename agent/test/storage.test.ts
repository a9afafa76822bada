import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { VolumeInfo, VolumeRef } from '@rookery/protocol'
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
const root = process.getuid?.() === 0

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

  test('an agent that is killed leaves no server behind, and its next life goes on with the ticket', async () => {
    const dir = mkdtempSync(`${tmpdir()}/rookery-crash.`)
    const program = fileURLToPath(new URL('../src/storage/testing-crash.ts', import.meta.url))
    const child = spawn(process.execPath, [program, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
    let second: StorageBench | undefined
    try {
      let said = ''
      for await (const chunk of child.stdout) {
        said += String(chunk)
        if (said.endsWith('\n')) break
      }
      const life = JSON.parse(said) as { volume: VolumeRef; domain: TestDomain; ticket: string; server: number }
      assert.ok(existsSync(`/proc/${life.server}`))
      child.kill('SIGKILL')
      second = await storageBench({}, dir)
      for (const end = Date.now() + 20_000; existsSync(`/proc/${life.server}`); await pause(20))
        assert.ok(Date.now() < end, 'qemu-nbd goes on')
      assert.deepEqual(existsSync(`${dir}/run/nbd`) ? readdirSync(`${dir}/run/nbd`) : [], [])
      const url = `${second.url}/images/${life.ticket}`
      const got = Buffer.from(await (await fetch(url, { headers: { range: `bytes=0-${MiB - 1}` } })).arrayBuffer())
      assert.ok(
        got.every(byte => byte === 7),
        'flushed bytes are there',
      )
      const { volume, domain: made } = life
      await second.run('image.ticket.end', { ticket: life.ticket })
      await second.run('volume.verify', { volume, spm: made.spm, format: 'qcow2', capacity: 8 * MiB })
    } finally {
      child.kill('SIGKILL')
      await second?.close()
      rmSync(dir, { recursive: true, force: true })
    }
  })

  test('orders that are cut short by kills, again and again, are whole after the last try', async () => {
    const dir = mkdtempSync(`${tmpdir()}/rookery-crash.`)
    const program = fileURLToPath(new URL('../src/storage/testing-orders.ts', import.meta.url))
    const seed = Number(process.env.TEST_SEED ?? Date.now() % 100_000)
    try {
      let random = seed
      for (let round = 0; round < 8; round++) {
        random = (random * 1_103_515_245 + 12_345) % 2 ** 31
        const child = spawn(process.execPath, [program, dir, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] })
        const end = new Promise(resolve => child.once('close', resolve))
        // Its first word comes when the program is loaded; the orders take a few hundred milliseconds from there.
        await new Promise(resolve => child.stdout.once('data', resolve))
        await pause(random % 250)
        child.kill('SIGKILL')
        await end
      }
      const last = spawnSync(process.execPath, [program, dir, String(seed)], { encoding: 'utf8', timeout: 60_000 })
      assert.equal(last.status, 0, `seed ${seed}: ${last.stderr}`)
      const { path, images } = JSON.parse(last.stdout.split('\n')[1] ?? '') as { path: string; images: string }
      assert.equal(readdirSync(path).length, 1, `seed ${seed}: ${readdirSync(path).join()}`)
      const volumes = readdirSync(images)
      assert.equal(volumes.length, 3, `seed ${seed}: ${volumes.join()}`)
      for (const image of volumes)
        assert.equal(
          readdirSync(`${images}/${image}`).length,
          2,
          `seed ${seed}: ${readdirSync(`${images}/${image}`).join()}`,
        )
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })

  test('a server that dies is replaced for the next request', async () => {
    const volume = await testVolume(bench, domain, { format: 'qcow2' })
    const { url, ticket } = await testTicket(bench, domain, volume, { format: 'qcow2', serve: 'raw' })
    assert.equal((await fetch(url, { method: 'PUT', body: Buffer.alloc(MiB, 3) })).status, 200)
    process.kill(serverOf(bench.dir), 'SIGKILL')
    const answers: number[] = []
    for (const end = Date.now() + 20_000; answers.at(-1) !== 206; await pause(20)) {
      assert.ok(Date.now() < end, `it stays away: ${answers.join()}`)
      const answer = await fetch(url, { headers: { range: 'bytes=0-9' } })
      await answer.arrayBuffer()
      answers.push(answer.status)
    }
    await bench.run('image.ticket.end', { ticket })
  })

  test('a qcow2 volume grows', async () => {
    const volume = await testVolume(bench, domain, { format: 'qcow2' })
    const more = { volume, spm: domain.spm, format: 'qcow2', run: null } as const
    const info = (await bench.run('volume.extend', { ...more, capacity: 32 * MiB })) as VolumeInfo
    assert.equal(info.capacity, 32 * MiB)
    await bench.run('volume.extend', { ...more, capacity: 32 * MiB })
    const measured = (await bench.run('volume.measure', { volume, format: 'qcow2' })) as VolumeInfo
    assert.equal(measured.capacity, 32 * MiB)
    const said = execFileSync('qemu-img', ['info', '-f', 'qcow2', '--output=json', bench.storage.volumePath(volume)])
    const facts = JSON.parse(said.toString()) as Record<string, unknown>
    assert.equal(facts['virtual-size'], 32 * MiB)
    assert.match(said.toString(), /"compat": "1\.1"/)
  })

  test('a full domain says so, to the uploader and to the engine', { skip: root ? false : 'needs root' }, async t => {
    const small = `${bench.dir}/small`
    mkdirSync(small)
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small]).status !== 0)
      return t.skip('this machine allows no mounts')
    try {
      const storageDomainId = randomUUID()
      const connection = { type: 'localfs' as const, path: small }
      await bench.run('storage.create', { storageDomainId, connection, type: 'data', name: 'small' })
      await bench.run('storage.connect', { storageDomainId, connection })
      const tiny = { storageDomainId, path: small, spm: { poolId: randomUUID(), epoch: 1 } }
      const volume = await testVolume(bench, tiny)
      const { url, ticket } = await testTicket(bench, tiny, volume)
      const put = await fetch(url, { method: 'PUT', body: Buffer.alloc(4 * MiB, 1) })
      assert.equal(put.status, 500)
      assert.match(await put.text(), /no space left/)
      await bench.run('image.ticket.end', { ticket })
      await assert.rejects(testVolume(bench, tiny, { sparse: false }), { code: 'storage.full' })
      const { imageId } = volume
      await bench.run('image.remove', { storageDomainId, imageId, spm: tiny.spm, wipe: false })
      await bench.run('storage.disconnect', { storageDomainId })
    } finally {
      spawnSync('umount', ['--lazy', small])
    }
  })
})

/** The one process that serves an image, by the journal of the bench. */
function serverOf(dir: string): number {
  const folder = `${dir}/data/storage/tickets`
  for (const name of readdirSync(folder)) {
    const { server } = JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as { server: { pid: number } | null }
    if (server !== null) return server.pid
  }
  throw new Error('no server in the journal')
}
