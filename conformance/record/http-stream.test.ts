import assert from 'node:assert/strict'
import { test } from 'node:test'
import { header, messages } from './http-stream.ts'

test('two requests on one connection, the first with a body', () => {
  const [first, second, ...more] = messages(
    Buffer.from('POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\n\r\n'),
  )
  assert.equal(first?.start, 'POST /a HTTP/1.1')
  assert.equal(first.body.toString(), 'abc')
  assert.equal(header(first, 'host'), 'x')
  assert.equal(second?.start, 'GET /b HTTP/1.1')
  assert.equal(more.length, 0)
})

test('a GET that announces a body and does not send it is followed by the next request', () => {
  const found = messages(Buffer.from('GET /a HTTP/1.1\r\nContent-Length: 17\r\n\r\nGET /b HTTP/1.1\r\n\r\n'))
  assert.deepEqual(
    found.map(each => [each.start, each.body.length]),
    [
      ['GET /a HTTP/1.1', 0],
      ['GET /b HTTP/1.1', 0],
    ],
  )
})

test('a chunked answer is put together', () => {
  const [answer, next] = messages(
    Buffer.from(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
    ),
  )
  assert.equal(answer?.body.toString(), 'abcde')
  assert.equal(next?.start, 'HTTP/1.1 204 No Content')
})
