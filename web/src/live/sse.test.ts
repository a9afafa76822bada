import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Message, sseReader } from './sse.ts'

const stream =
  'event: hello\nid: 1:2:\ndata: {}\n\n: alive\n\nevent: change\nid: 3\ndata: {"a":\ndata: 1}\n\ndata: plain\n\n'
const expected: Message[] = [
  { event: 'hello', data: '{}', id: '1:2:' },
  { event: 'change', data: '{"a":\n1}', id: '3' },
  { event: 'message', data: 'plain', id: '3' },
]

test('a stream reads the same in pieces of any size', () => {
  for (let size = 1; size <= stream.length; size++) {
    const seen: Message[] = []
    const read = sseReader(message => seen.push(message))
    for (let at = 0; at < stream.length; at += size) read(stream.slice(at, at + size))
    assert.deepEqual(seen, expected, `pieces of ${size}`)
  }
})

test('carriage returns end lines too, also when a piece ends between them', () => {
  const seen: Message[] = []
  const read = sseReader(message => seen.push(message))
  for (const piece of ['event: a\r', '\ndata: 1\r\n', '\r\n']) read(piece)
  assert.deepEqual(seen, [{ event: 'a', data: '1', id: '' }])
})
