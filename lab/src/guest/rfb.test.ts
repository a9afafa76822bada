import assert from 'node:assert/strict'
import { type Duplex, duplexPair } from 'node:stream'
import { test } from 'node:test'
import { ByteReader } from './byte-reader.ts'
import { RfbClient, RfbRefused } from './rfb.ts'
import { vncResponse } from './vnc-auth.ts'

const text = (value: string): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(value.length)
  return Buffer.concat([length, Buffer.from(value)])
}
const serverInit = Buffer.concat([Buffer.from([0, 2, 0, 1]), Buffer.alloc(16), text('web')])

/** A client that connects to what the script plays as server. */
async function against(
  o: { password?: string; deadlineMs?: number },
  script: (socket: Duplex, reader: ByteReader) => Promise<void>,
): Promise<RfbClient> {
  const [client, server] = duplexPair()
  const [connected] = await Promise.allSettled([RfbClient.connect(client, o), script(server, new ByteReader(server))])
  if (connected.status === 'rejected') throw connected.reason
  return connected.value
}

test('the handshake without security gives size and name, and a picture is put together from its rectangles', async () => {
  let served: Promise<void> | undefined
  const client = await against({}, async (socket, reader) => {
    socket.write('RFB 003.008\n')
    assert.equal((await reader.read(12, 'version')).toString(), 'RFB 003.008\n')
    socket.write(Buffer.from([2, 2, 1]))
    assert.equal(await reader.u8('security'), 1)
    socket.write(Buffer.alloc(4))
    assert.equal(await reader.u8('shared'), 1)
    socket.write(serverInit)
    served = (async () => {
      await reader.read(20 + 12, 'pixel format and encodings')
      assert.equal((await reader.read(10, 'request')).toString('hex'), '03000000000000020001')
      const rectangle = (x: number, colour: number): Buffer =>
        Buffer.from([0, x, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, colour, colour, colour, 0])
      // A bell between two updates of one pixel each.
      socket.write(Buffer.concat([Buffer.from([0, 0, 0, 1]), rectangle(1, 9), Buffer.from([2])]))
      socket.write(Buffer.concat([Buffer.from([0, 0, 0, 1]), rectangle(0, 5)]))
    })()
  })
  assert.deepEqual(client.screen, { width: 2, height: 1, name: 'web', security: 'none' })
  assert.deepEqual([...(await client.picture()).pixels], [5, 5, 5, 0, 9, 9, 9, 0])
  await served
})

test('a screen that changes its size while it is drawn is drawn anew', async () => {
  let served: Promise<void> | undefined
  const client = await against({}, async (socket, reader) => {
    socket.write('RFB 003.008\n')
    await reader.read(12, 'version')
    socket.write(Buffer.from([1, 1]))
    await reader.u8('security')
    socket.write(Buffer.alloc(4))
    await reader.u8('shared')
    socket.write(serverInit)
    served = (async () => {
      await reader.read(20 + 12, 'pixel format and encodings')
      await reader.read(10, 'request')
      // One of two pixels, then another size: the second pixel never comes.
      socket.write(Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 7, 7, 7, 0]))
      socket.write(Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 2, 0xff, 0xff, 0xff, 0x21]))
      assert.equal((await reader.read(10, 'request')).toString('hex'), '03000000000000010002')
      const pixel = (y: number) => Buffer.from([0, 0, 0, 1, 0, 0, 0, y, 0, 1, 0, 1, 0, 0, 0, 0, y, y, y, 0])
      // What comes twice counts once.
      for (const y of [0, 0, 1]) socket.write(pixel(y))
    })()
  })
  const { width, height, pixels } = await client.picture()
  assert.deepEqual([width, height, ...pixels], [1, 2, 0, 0, 0, 0, 1, 1, 1, 0])
  assert.deepEqual([client.screen.width, client.screen.height], [1, 2])
  await served
})

/** Plays a server with a password up to its verdict. */
async function withPassword(socket: Duplex, reader: ByteReader, password: string): Promise<void> {
  socket.write('RFB 003.008\n')
  await reader.read(12, 'version')
  socket.write(Buffer.from([1, 2]))
  await reader.u8('security')
  const challenge = Buffer.alloc(16, 0x42)
  socket.write(challenge)
  const right = (await reader.read(16, 'response')).equals(vncResponse(password, challenge))
  socket.write(right ? Buffer.alloc(4) : Buffer.concat([Buffer.from([0, 0, 0, 1]), text('wrong password')]))
  if (!right) return
  await reader.u8('shared')
  socket.write(serverInit)
}

test('the right password is let in, the wrong one refused in the words of the server', async () => {
  const client = await against({ password: 'secret' }, (socket, reader) => withPassword(socket, reader, 'secret'))
  assert.equal(client.screen.security, 'vnc')
  await assert.rejects(
    against({ password: 'guess' }, (socket, reader) => withPassword(socket, reader, 'secret')),
    (error: unknown) => error instanceof RfbRefused && error.message === 'wrong password',
  )
})

test('a server that asks for another security, speaks another version or refuses at once is told apart', async () => {
  const greet =
    (...rest: Buffer[]) =>
    async (socket: Duplex): Promise<void> => {
      socket.write('RFB 003.008\n')
      for (const part of rest) socket.write(part)
    }
  await assert.rejects(against({}, greet(Buffer.from([1, 2]))), /offers security types 2, and not 1 \(none\)/)
  await assert.rejects(against({}, greet(Buffer.from([0]), text('too many'))), RfbRefused)
  await assert.rejects(
    against({}, async socket => void socket.write('RFB 003.003\n')),
    /speaks RFB 003\.003/,
  )
  await assert.rejects(
    against({}, async socket => void socket.write('HTTP/1.1 400')),
    /not an RFB server/,
  )
  await assert.rejects(
    against({}, async socket => void socket.destroy()),
    /before the server's version/,
  )
  await assert.rejects(
    against({ deadlineMs: 20 }, async () => undefined),
    /0\.02 s without/,
  )
})
