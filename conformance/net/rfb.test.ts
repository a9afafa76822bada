import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { response, rfbHandshake } from './rfb.ts'

const challenge = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const open = new Set<Socket>()

/** A display that wants the password `secret`. */
const server = createServer(socket => {
  open.add(socket)
  const expected = response(challenge, 'secret')
  let step = 0
  socket.write('RFB 003.008\n')
  socket.on('data', (bytes: Buffer) => {
    step += 1
    if (step === 1) socket.write(Buffer.from([1, 2]))
    else if (step === 2) socket.write(challenge)
    else if (step === 3) {
      const right = bytes.equals(expected)
      socket.write(right ? Buffer.alloc(4) : Buffer.concat([Buffer.from([0, 0, 0, 1, 0, 0, 0, 2]), Buffer.from('no')]))
    } else if (step === 4) {
      const init = Buffer.alloc(24)
      init.writeUInt16BE(640, 0)
      init.writeUInt16BE(480, 2)
      init.writeUInt32BE(4, 20)
      socket.write(Buffer.concat([init, Buffer.from('tiny')]))
    } else socket.write(Buffer.from([0, 0, 0, 1]))
  })
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
const address = server.address()
const port = typeof address === 'object' && address ? address.port : 0
after(() => {
  for (const socket of open) socket.destroy()
  server.close()
})

test('the answer to a challenge is DES with the bits of each password byte reversed', () => {
  // Checked against the reversed-key DES of another implementation: an all-zero key gives the well-known 8CA64DE9C1B123A7.
  assert.equal(response(Buffer.alloc(8), '').toString('hex'), '8ca64de9c1b123a7')
})

test('the right password leads to the screen', async () => {
  assert.deepEqual(await rfbHandshake('127.0.0.1', port, 'secret'), {
    name: 'tiny',
    width: 640,
    height: 480,
    security: 2,
  })
})

test('a wrong password is told in the words of the server', async () => {
  await assert.rejects(rfbHandshake('127.0.0.1', port, 'wrong'), /authentication failed: no/)
})
