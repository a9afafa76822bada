import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { flushBehind } from './flush-behind.ts'
import { receive } from './move.ts'

const body = (...chunks: Buffer[]) => Readable.from(chunks) as unknown as IncomingMessage

test('a body arrives whole and in pieces of one size, however it was cut on the way', async () => {
  const sent = [1, 16_384, 7, 0, 40_000, 3].map(length => randomBytes(length))
  const got: Buffer[] = []
  await receive(body(...sent), 10_000, async bytes => {
    const copy = Buffer.from(bytes)
    await turn() // the other buffer fills meanwhile
    assert.deepEqual(bytes, copy, 'nobody writes into a piece that is on its way to the disk')
    got.push(copy)
  })
  assert.deepEqual(Buffer.concat(got), Buffer.concat(sent))
  assert.deepEqual([...new Set(got.slice(0, -1).map(piece => piece.length))], [10_000])
})

test('pieces are written one after the other, and an empty body is none', async () => {
  let writing = 0
  await receive(body(randomBytes(50_000)), 1000, async () => {
    assert.equal(++writing, 1)
    await turn()
    writing--
  })
  await receive(body(), 1000, () => assert.fail('there is nothing to write'))
})

test('a write that fails ends the body with its error, and nothing is written after that', async () => {
  let writes = 0
  const full = receive(body(...Array.from({ length: 10 }, () => randomBytes(1000))), 1000, async () => {
    writes++
    await turn()
    throw new Error('the disk is full')
  })
  await assert.rejects(full, /the disk is full/)
  const then = writes
  await turn()
  assert.equal(writes, then)
})

test('an upload is on disk at its end, and begins to go there before', async () => {
  let flushes = 0
  const behind = flushBehind(
    {
      flush: async () => {
        flushes++
        await turn()
      },
    },
    100,
  )
  behind.wrote(99)
  assert.equal(flushes, 0)
  behind.wrote(100)
  behind.wrote(250) // one at a time
  assert.equal(flushes, 1)
  await behind.end()
  assert.equal(flushes, 2)
})

test('an error of a flush on the way is the error of the upload, though the last flush would go well', async () => {
  let flushes = 0
  const behind = flushBehind(
    {
      flush: async () => {
        if (++flushes === 1) throw new Error('EIO')
      },
    },
    100,
  )
  behind.wrote(100)
  await assert.rejects(behind.end(), /EIO/)
})
