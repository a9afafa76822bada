import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CALL, CONTINUE, type Header, MAX_MESSAGE, MessageReader, MessageWriter, OK, STREAM } from './wire.ts'
import { string, XdrError } from './xdr.ts'

const header: Header = { prog: 0x20008086, vers: 1, proc: 11, type: CALL, serial: 5, status: OK }
const writer = new MessageWriter()

test('a message is its length, six header words and the body', () => {
  assert.equal(
    writer.encode(header, string(10), 'ab').toString('hex'),
    ['00000024', '20008086', '00000001', '0000000b', '00000000', '00000005', '00000000', '00000002', '61620000'].join(
      '',
    ),
  )
})

test('stream data is not padded', () => {
  const message = writer.raw({ ...header, type: STREAM, status: CONTINUE }, Buffer.from('abc'))
  assert.equal(message.length, 4 + 24 + 3)
  assert.equal(message.readUInt32BE(0), message.length)
})

test('messages come out the same however the bytes are cut', () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 50 }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(bodies, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }), (all, cuts) => {
      const bytes = Buffer.concat(all.map((body, i) => writer.raw({ ...header, serial: i + 1 }, body)))
      const reader = new MessageReader()
      const seen: [number, string][] = []
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const end = Math.min(bytes.length, at + (cuts[turn % cuts.length] ?? 1))
        for (const { header: h, body } of reader.push(bytes.subarray(at, end))) {
          seen.push([h.serial, body.toString('hex')])
        }
        at = end
      }
      assert.deepEqual(
        seen,
        all.map((body, i) => [i + 1, Buffer.from(body).toString('hex')]),
      )
    }),
  )
})

test('impossible lengths and headers are refused', () => {
  const word = (length: number): Buffer => {
    const bytes = Buffer.alloc(28)
    bytes.writeUInt32BE(length)
    return bytes
  }
  assert.throws(() => new MessageReader().push(word(27)), XdrError)
  assert.throws(() => new MessageReader().push(word(MAX_MESSAGE + 1)), XdrError)
  const badType = writer.raw(header, Buffer.alloc(0))
  badType.writeUInt32BE(99, 4 + 12)
  assert.throws(() => new MessageReader().push(badType), /type: 99 is none of/)
})

test('a message larger than libvirt accepts is refused before it is sent', () => {
  assert.throws(() => writer.raw(header, Buffer.alloc(MAX_MESSAGE)), /larger than/)
})
