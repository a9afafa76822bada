import assert from 'node:assert/strict'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { test } from 'node:test'
import { until } from './testing/until.ts'
import type { Connection } from './connection.ts'
import { virNetStreamHole } from './generated/net.gen.ts'
import { openConnection } from './handshake.ts'
import { Hole, type LibvirtStream, type StreamOptions } from './stream.ts'
import { type FakeCall, FakeDaemon, type Handlers } from './testing/fake-daemon.ts'
import { CONTINUE, ERROR, OK, STREAM_HOLE } from './wire.ts'
import { decodeXdr, encodeXdr } from './xdr.ts'

const dom = { name: 'web', uuid: Buffer.alloc(16, 7), id: 3 }
const vol = { pool: 'p', name: 'v', key: '/v' }
const download = { vol, offset: 0n, length: 0n, flags: 0 }

interface Bench extends AsyncDisposable {
  daemon: FakeDaemon
  connection: Connection
}

async function bench(handlers: Handlers = {}): Promise<Bench> {
  const daemon = await FakeDaemon.start({ connectGetHostname: call => call.reply({ hostname: 'h' }), ...handlers })
  const connection = await openConnection({ socket: daemon.socket })
  return {
    daemon,
    connection,
    [Symbol.asyncDispose]: async () => {
      await connection.close()
      await daemon[Symbol.asyncDispose]()
    },
  }
}

/** Opens a download that the daemon has accepted; the call is the daemon's end of it. */
async function openDownload(b: Bench, options?: StreamOptions): Promise<{ stream: LibvirtStream; call: FakeCall }> {
  b.daemon.handlers.storageVolDownload = call => call.reply(undefined)
  const { stream } = await b.connection.stream('storageVolDownload', download, options)
  const call = b.daemon.calls('storageVolDownload').at(-1)
  assert.ok(call)
  return { stream, call }
}

/** Makes the daemon confirm what the client finishes or aborts. */
function confirming(b: Bench): void {
  b.daemon.onPacket = (peer, { header }) => {
    if (header.status !== CONTINUE) peer.calls.find(call => call.header.serial === header.serial)?.confirm()
  }
}

test('a download ends after the daemon has confirmed its end', async () => {
  await using b = await bench({
    domainScreenshot: call => {
      call.reply({ mime: 'image/png' })
      // In the same breath as the reply: nothing of it may be missed.
      call.data(Buffer.from('first '))
      call.data(Buffer.from('second'))
      call.data()
    },
  })
  confirming(b)
  const { ret, stream } = await b.connection.stream('domainScreenshot', { dom, screen: 0, flags: 0 })
  assert.equal(ret.mime, 'image/png')
  assert.equal((await buffer(stream)).toString(), 'first second')
  assert.deepEqual(
    b.daemon.peer.packets.map(packet => packet.header.status),
    [OK],
  )
})

test('an error that comes with the end of a download is not mistaken for success', async () => {
  await using b = await bench()
  const { stream, call } = await openDownload(b)
  b.daemon.onPacket = () => call.failStream(38, 'the disk went away')
  call.data(Buffer.from('half'))
  call.data()
  await assert.rejects(buffer(stream), { name: 'LibvirtError', message: 'the disk went away' })
})

test('an error in the middle destroys the stream and leaves the connection', async () => {
  await using b = await bench()
  const { stream, call } = await openDownload(b)
  call.failStream(38, 'read failed')
  await assert.rejects(buffer(stream), /read failed/)
  assert.equal((await b.connection.call('connectGetHostname', undefined)).hostname, 'h')
})

test('an upload is cut into packets, finished, and confirmed', async () => {
  await using b = await bench({ storageVolUpload: call => call.reply(undefined) })
  confirming(b)
  const { stream } = await b.connection.stream('storageVolUpload', download)
  const content = Buffer.alloc(600_000, 'x')
  await pipeline([content], stream)
  const { packets } = b.daemon.peer
  assert.equal(Buffer.concat(packets.map(packet => packet.body)).length, content.length)
  assert.equal(packets.length, 4)
  assert.ok(packets.every(packet => packet.body.length <= 262_120))
})

test('an upload whose end the daemon refuses fails', async () => {
  await using b = await bench({ storageVolUpload: call => call.reply(undefined) })
  b.daemon.onPacket = (peer, { header }) => {
    if (header.status === OK) peer.calls.at(-1)?.failStream(38, 'no space left')
  }
  const { stream } = await b.connection.stream('storageVolUpload', download)
  await assert.rejects(pipeline([Buffer.from('data')], stream), /no space left/)
})

test('a console carries bytes both ways, and end() leaves it', async () => {
  await using b = await bench({ domainOpenConsole: call => call.reply(undefined) })
  b.daemon.onPacket = (peer, { header, body }) => {
    const call = peer.calls.find(other => other.header.serial === header.serial)
    if (header.status === CONTINUE) call?.data(Buffer.from(`echo ${body.toString()}`))
    else call?.confirm()
  }
  const { stream } = await b.connection.stream('domainOpenConsole', { dom, devName: null, flags: 0 })
  stream.write('ls\n')
  const [chunk] = (await once(stream, 'data')) as [Buffer]
  assert.equal(chunk.toString(), 'echo ls\n')
  stream.end()
  await once(stream, 'close')
  assert.equal(b.daemon.peer.packets.at(-1)?.header.status, OK)
})

test('destroying a stream aborts it at the daemon, and packets under way are dropped', async () => {
  await using b = await bench()
  const { stream, call } = await openDownload(b)
  stream.destroy()
  await until('the abort arrives', () => b.daemon.peer.packets.length === 1)
  assert.equal(b.daemon.peer.packets[0]?.header.status, ERROR)
  call.data(Buffer.from('too late'))
  call.confirm()
  assert.equal((await b.connection.call('connectGetHostname', undefined)).hostname, 'h')
})

test('a stream that opens after its caller gave up is aborted', async () => {
  await using b = await bench()
  const abort = new AbortController()
  const opening = b.connection.stream('storageVolDownload', download, { signal: abort.signal })
  await until('the call arrives', () => b.daemon.calls('storageVolDownload').length === 1)
  abort.abort()
  await assert.rejects(opening, { name: 'AbortError' })
  const call = b.daemon.calls('storageVolDownload')[0]
  call?.reply(undefined)
  call?.data(Buffer.from('unwanted'))
  await until('the abort arrives', () => b.daemon.peer.packets.some(packet => packet.header.status === ERROR))
  call?.confirm()
  assert.equal((await b.connection.call('connectGetHostname', undefined)).hostname, 'h')
})

test('the signal aborts a stream that is open', async () => {
  await using b = await bench()
  const abort = new AbortController()
  const { stream } = await openDownload(b, { signal: abort.signal })
  const failed = once(stream, 'error')
  abort.abort()
  await failed
  await until('the abort arrives', () => b.daemon.peer.packets.some(packet => packet.header.status === ERROR))
})

test('a lost connection ends its streams with an error', async () => {
  await using b = await bench()
  const { stream } = await openDownload(b)
  b.daemon.dropAll()
  await assert.rejects(buffer(stream), { name: 'LibvirtConnectionError' })
})

test('a reader that falls behind holds up the daemon, not our memory', async () => {
  await using b = await bench()
  confirming(b)
  const { stream, call } = await openDownload(b, { overflow: 'pause', maxBuffered: 100_000 })
  const packet = Buffer.alloc(50_000, 'x')
  const total = 200
  let sent = 0
  const feed = (): void => {
    while (sent < total) {
      sent++
      call.data(packet)
      if (call.peer.socket.writableNeedDrain) {
        call.peer.socket.once('drain', feed)
        return
      }
    }
    call.data()
  }
  feed()
  // The daemon gets stuck long before everything is sent, and stays stuck while nobody reads.
  await until('the daemon is held up', () => call.peer.socket.writableNeedDrain)
  assert.ok(sent < total)
  assert.equal((await buffer(stream)).length, total * packet.length)
})

test('a reader that falls behind on a shared connection loses its stream, and only that', async () => {
  await using b = await bench()
  const { stream, call } = await openDownload(b, { overflow: 'fail', maxBuffered: 100_000 })
  const failed = once(stream, 'error')
  for (let i = 0; i < 6; i++) call.data(Buffer.alloc(50_000))
  const [error] = (await failed) as [Error]
  assert.match(error.message, /more than 100000 bytes behind/)
  assert.equal((await b.connection.call('connectGetHostname', undefined)).hostname, 'h')
})

test('holes of sparse transfers come and go as objects', async () => {
  await using b = await bench({ storageVolUpload: call => call.reply(undefined) })
  confirming(b)
  const { stream, call } = await openDownload(b, { sparse: true })
  call.data(Buffer.from('data'))
  const hole = encodeXdr(virNetStreamHole, { length: 1n << 40n, flags: 0 })
  call.peer.send(call.peer.writer.raw({ ...call.header, type: STREAM_HOLE, status: CONTINUE }, hole))
  call.data()
  const items: unknown[] = []
  for await (const item of stream) items.push(item)
  assert.deepEqual(items, [Buffer.from('data'), new Hole(2 ** 40)])

  const up = await b.connection.stream('storageVolUpload', download, { sparse: true })
  await pipeline([Buffer.from('ab'), new Hole(4096)], up.stream)
  const sent = b.daemon.peer.packets.find(packet => packet.header.type === STREAM_HOLE)
  assert.ok(sent)
  assert.equal(decodeXdr(virNetStreamHole, sent.body).length, 4096n)
})
