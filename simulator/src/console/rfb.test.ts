import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { test } from 'node:test'
import type { TaskState } from '@rookery/protocol'
import { bareSpec, fixture } from '../testing.ts'
import { vncResponse } from './vnc-auth.ts'

/** Reads exactly so many bytes. */
async function take(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(count) as Buffer | null
    if (bytes !== null && bytes.length === count) return bytes
    if (bytes !== null || socket.readableEnded) throw new Error(`the stream ended`)
    await Promise.race([once(socket, 'readable'), once(socket, 'end')])
  }
}

async function viewer(t: Parameters<typeof fixture>[0]) {
  const f = await fixture(t)
  const spec = bareSpec({ name: 'shown' })
  await f.done({ kind: 'vm.create', spec })
  const open = {
    kind: 'vm.console' as const,
    vmId: spec.vmId,
    runId: spec.runId,
    protocol: 'vnc' as const,
    ticket: 'x'.repeat(22),
    mode: 'listen' as const,
    password: 'geheim',
    expiresInSeconds: 60,
    address: '127.0.0.1',
  }
  const agent = f.client()
  const id = crypto.randomUUID()
  await agent.putTask(id, { jobCreatedAt: f.clock.now(), task: open })
  f.clock.advance(1000)
  const state = (await agent.task(id, 10)) as Extract<TaskState, { state: 'finished' }>
  const { address, port } = state.result as { address: string; port: number }
  const socket = connect(port, address)
  t.after(async () => void socket.destroy())
  await take(socket, 12)
  socket.write('RFB 003.008\n')
  assert.deepEqual([...(await take(socket, 2))], [1, 2])
  socket.write(Buffer.from([2]))
  return { ...f, socket, port, challenge: await take(socket, 16) }
}

test('the VNC response is DES under the password with its bits reversed', () => {
  const challenge = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
  // `openssl enc -des-ecb -nopad -provider legacy -K c2f2ea0000000000`: the bits of "COW", each byte reversed.
  assert.equal(vncResponse(challenge, 'COW').toString('hex'), 'dc72fe4da173cc3f3c684d6637ed8c28')
  assert.deepEqual(vncResponse(challenge, 'longpassword'), vncResponse(challenge, 'longpass'))
})

test('a native viewer signs in with the password and sees a picture', async t => {
  const { socket, challenge, port } = await viewer(t)
  socket.write(vncResponse(challenge, 'geheim'))
  assert.equal((await take(socket, 4)).readUInt32BE(), 0)
  socket.write(Buffer.from([1]))
  const init = await take(socket, 24)
  assert.deepEqual([init.readUInt16BE(0), init.readUInt16BE(2)], [64, 48])
  assert.equal((await take(socket, init.readUInt32BE(20))).toString(), 'shown')
  socket.write(Buffer.from([3, 0, 0, 0, 0, 0, 0, 64, 0, 48]))
  const update = await take(socket, 16 + 64 * 48 * 4)
  assert.deepEqual([update[0], update.readUInt16BE(2)], [0, 1])
  // One visitor: nobody else gets in.
  const second = connect(port, '127.0.0.1')
  const [error] = (await once(second, 'error')) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ECONNREFUSED')
})

test('a wrong password is refused', async t => {
  const { socket, challenge } = await viewer(t)
  socket.write(vncResponse(challenge, 'falsch'))
  assert.equal((await take(socket, 4)).readUInt32BE(), 1)
})
