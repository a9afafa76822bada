import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { duplexPair } from 'node:stream'
import { test } from 'node:test'
import { letIn, signIn, vncResponse } from './rfb.ts'

/** Reads what has come, once there is something. */
const next = (stream: Duplex): Promise<Buffer> => new Promise(resolve => stream.once('data', resolve))

test('the answer to a challenge is DES with mirrored key bits', () => {
  // With the key 'A' (0x41, mirrored 0x82) and a challenge of zeros; checked against a second implementation.
  const challenge = Buffer.alloc(16)
  const answer = vncResponse(challenge, 'A')
  assert.equal(answer.length, 16)
  assert.deepEqual(answer.subarray(0, 8), answer.subarray(8))
  assert.notDeepEqual(answer, vncResponse(challenge, 'B'))
  assert.deepEqual(vncResponse(challenge, '12345678'), vncResponse(challenge, '12345678 and more'))
})

test('the agent signs in at a server that asks for a password', async () => {
  const [client, server] = duplexPair()
  const done = signIn(client, 'secret')
  server.write('RFB 003.008\n')
  assert.equal((await next(server)).toString(), 'RFB 003.008\n')
  server.write(Buffer.from([2, 1, 2]))
  assert.deepEqual(await next(server), Buffer.from([2]))
  const challenge = Buffer.from('0123456789abcdef')
  server.write(challenge)
  assert.deepEqual(await next(server), vncResponse(challenge, 'secret'))
  server.write(Buffer.from([0, 0, 0, 0]))
  await done
})

test('a password that is not accepted is an error', async () => {
  const [client, server] = duplexPair()
  const done = signIn(client, 'secret')
  server.write('RFB 003.008\n\x01\x02')
  server.write(Buffer.alloc(16))
  server.write(Buffer.from([0, 0, 0, 1]))
  await assert.rejects(done, { code: 'console.rfb' })
})

for (const [version, tail] of [
  ['RFB 003.003\n', 0],
  ['RFB 003.007\n', 1],
  ['RFB 003.008\n', 5],
] as const)
  test(`a visitor who speaks ${version.trim()} is let in without a password`, async () => {
    const [visitor, agent] = duplexPair()
    const done = letIn(agent)
    assert.equal((await next(visitor)).toString(), 'RFB 003.008\n')
    visitor.write(version)
    const offer = await next(visitor)
    assert.equal(offer.at(-1), 1)
    if (tail > 0) visitor.write(Buffer.from([1]))
    if (tail === 5) assert.deepEqual(await next(visitor), Buffer.from([0, 0, 0, 0]))
    await done
  })
