import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { buffer } from 'node:stream/consumers'
import { TicketResult, type Task, type VolumeRef } from '../src/index.ts'
import type { Given } from './suite.ts'
import { MiB, refusal } from './world.ts'

type TicketTask = Extract<Task, { kind: 'image.ticket' }>

/** The imageio protocol by ticket (oVirt's ovirt-imageio manual, images.md). */
export function imageTests(given: Given): void {
  const size = 8 * MiB

  const ticketFor = (volume: VolumeRef, ops: 'read' | 'write', change: Partial<TicketTask> = {}): TicketTask => ({
    kind: 'image.ticket',
    volume,
    spm: given().spm,
    ticket: randomUUID(),
    ops,
    format: 'raw',
    serve: 'volume',
    size,
    expiresInSeconds: 300,
    inactivityTimeoutSeconds: 60,
    filename: null,
    ...change,
  })
  const open = async (task: TicketTask) => {
    TicketResult.parse(await given().run(task))
    return (call: Parameters<ReturnType<Given>['client']['images']>[1]) => given().client.images(task.ticket, call)
  }
  const end = (ticket: string) => given().run({ kind: 'image.ticket.end', ticket })

  test('bytes that go up come down again, in ranges, with zeros where nothing was', async () => {
    const world = given()
    const volume = await world.volume({ capacity: size })
    const upload = ticketFor(volume, 'write')
    const up = await open(upload)

    const options = await up({ method: 'OPTIONS' })
    assert.equal(options.status, 200)
    assert.match(String(options.headers.allow), /PUT/)
    const { features } = JSON.parse(await text(options.body)) as { features: string[] }
    assert.ok(features.includes('zero') && features.includes('flush'))

    const part = randomBytes(3 * MiB)
    const put = async (at: number, bytes: Buffer, path = '') => {
      const headers = { 'content-range': `bytes ${at}-${at + bytes.length - 1}/*` }
      const answer = await up({ method: 'PUT', headers, body: bytes, path })
      await text(answer.body)
      return answer.status
    }
    assert.equal(await put(0, part, '?flush=n'), 200)
    assert.equal(await put(4 * MiB + 1, part), 200)
    const patch = async (body: object) => {
      const answer = await up({ method: 'PATCH', body: JSON.stringify(body) })
      await text(answer.body)
      return answer.status
    }
    assert.equal(await patch({ op: 'zero', offset: MiB, size: MiB }), 200)
    assert.equal(await patch({ op: 'flush' }), 200)
    assert.equal(await patch({ op: 'zero', offset: 0 }), 400)
    assert.equal(await patch({ op: 'zero', offset: size, size: 1 }), 416)
    assert.equal(await put(size - 10, Buffer.alloc(11)), 416)
    await end(upload.ticket)
    await end(upload.ticket)
    const after = await up({ method: 'GET' })
    assert.equal(after.status, 403)
    await text(after.body)

    await world.run({ kind: 'volume.verify', volume, spm: world.spm, format: 'raw', capacity: size })
    const expected = Buffer.alloc(size)
    part.copy(expected, 0)
    expected.fill(0, MiB, 2 * MiB)
    part.copy(expected, 4 * MiB + 1)

    const download = ticketFor(volume, 'read', { filename: 'disk.raw' })
    const down = await open(download)
    const whole = await down({ method: 'GET' })
    assert.equal(whole.status, 200)
    assert.equal(whole.headers['content-length'], String(size))
    assert.ok((await buffer(whole.body)).equals(expected))
    const range = await down({ method: 'GET', headers: { range: `bytes=${4 * MiB}-${4 * MiB + 99}` } })
    assert.equal(range.status, 206)
    assert.equal(range.headers['content-range'], `bytes ${4 * MiB}-${4 * MiB + 99}/${size}`)
    assert.ok((await buffer(range.body)).equals(expected.subarray(4 * MiB, 4 * MiB + 100)))
    const beyond = await down({ method: 'GET', headers: { range: `bytes=0-${size}` } })
    assert.equal(beyond.status, 416)
    await text(beyond.body)
    const write = await down({ method: 'PUT', body: Buffer.from('x') })
    assert.equal(write.status, 403)
    await text(write.body)
    await end(download.ticket)
    await world.removeImage(volume)
  })

  test('a ticket that nobody made opens nothing', async () => {
    const answer = await given().client.images(randomUUID(), { method: 'GET' })
    assert.equal(answer.status, 403)
    await text(answer.body)
  })

  test('asked for again with the same ticket, it lives on', async () => {
    const volume = await given().volume({ capacity: size })
    const ticket = ticketFor(volume, 'write')
    await open(ticket)
    const again = await open(ticket)
    const answer = await again({ method: 'PUT', body: Buffer.from('hello') })
    assert.equal(answer.status, 200)
    await text(answer.body)
    const used = TicketResult.parse(await given().run(ticket))
    assert.equal(used.transferred ?? 5, 5)
    assert.equal(used.active ?? false, false)
    await end(ticket.ticket)
    await given().removeImage(volume)
  })

  test('an uploaded qcow2 image that names a backing file is refused, and the volume stays illegal', async () => {
    const world = given()
    const volume = await world.volume({ capacity: size, format: 'qcow2' })
    const ticket = ticketFor(volume, 'write', { format: 'qcow2' })
    const call = await open(ticket)
    const answer = await call({ method: 'PUT', body: backedQcow2(size) })
    assert.equal(answer.status, 200)
    await text(answer.body)
    await end(ticket.ticket)
    const verify = { kind: 'volume.verify' as const, volume, spm: world.spm, format: 'qcow2' as const, capacity: size }
    await assert.rejects(world.run(verify), (error: Error & { kind?: string; code?: string }) => {
      assert.deepEqual(error.kind, 'invalid')
      assert.match(error.code ?? '', /^image\.refused\./)
      return true
    })
    await world.removeImage(volume)
  })

  test('what is no image at all is refused as qcow2', async () => {
    const world = given()
    const volume = await world.volume({ capacity: size, format: 'qcow2' })
    const ticket = ticketFor(volume, 'write', { format: 'qcow2' })
    const call = await open(ticket)
    const answer = await call({ method: 'PUT', body: Buffer.from('this is no image'.repeat(4096)) })
    await text(answer.body)
    await end(ticket.ticket)
    const verify = { kind: 'volume.verify' as const, volume, spm: world.spm, format: 'qcow2' as const, capacity: size }
    await assert.rejects(world.run(verify), refusal('invalid'))
    await world.removeImage(volume)
  })
}

/** A qcow2 header (QEMU's docs/interop/qcow2.txt) whose backing file is /etc/hostname, with tables as an empty image has. */
function backedQcow2(size: number): Buffer {
  const cluster = 65_536
  const image = Buffer.alloc(4 * cluster)
  const name = '/etc/hostname'
  image.writeUInt32BE(0x514649fb, 0)
  image.writeUInt32BE(3, 4)
  image.writeBigUInt64BE(512n, 8)
  image.writeUInt32BE(name.length, 16)
  image.writeUInt32BE(16, 20)
  image.writeBigUInt64BE(BigInt(size), 24)
  image.writeUInt32BE(1, 36)
  image.writeBigUInt64BE(BigInt(3 * cluster), 40)
  image.writeBigUInt64BE(BigInt(cluster), 48)
  image.writeUInt32BE(1, 56)
  image.writeUInt32BE(4, 96)
  image.writeUInt32BE(104, 100)
  image.write(name, 512, 'latin1')
  image.writeBigUInt64BE(BigInt(2 * cluster), cluster)
  for (let i = 0; i < 4; i++) image.writeUInt16BE(1, 2 * cluster + 2 * i)
  return image
}
