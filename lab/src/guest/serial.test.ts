import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { expectMarker, expectSerial, serialText } from './serial.ts'

test('each expectation begins behind the one before, whatever the chunks', async () => {
  const stream = new PassThrough()
  stream.write('boot one\r\nlo')
  const login = expectSerial(stream, /login: ?/)
  stream.write('gin: boot two\r\n')
  await login
  assert.equal((await expectSerial(stream, /boot (\w+)/g))[1], 'two')
  assert.equal(serialText(stream), 'boot one\r\nlogin: boot two\r\n')
})

test('an expectation that comes late finds what was said before', async () => {
  const stream = new PassThrough()
  serialText(stream)
  stream.write('ready (now).')
  await new Promise(setImmediate)
  await expectSerial(stream, '(now).')
})

test('a deadline that passes and a stream that ends show the end of what was said', async () => {
  const stream = new PassThrough()
  stream.write('panic\r\n')
  await assert.rejects(expectSerial(stream, /ready/, 20), /0\.02 s passed before it said \/ready\/.*panic/s)
  const waiting = expectSerial(stream, /ready/)
  stream.end()
  await assert.rejects(waiting, /the stream ended before/)
  await assert.rejects(expectSerial(stream, /ready/), /the stream ended before/)
})

test('a marker gives its fields once its line is complete', async () => {
  const stream = new PassThrough()
  const marker = expectMarker(stream, 'ready')
  stream.write('tiny:/root# ROOKERY-GUEST ready host=web ip=10.0.2.15 seed=no')
  stream.write('cloud up=4.2\r\n')
  assert.deepEqual(await marker, { host: 'web', ip: '10.0.2.15', seed: 'nocloud', up: '4.2' })
})
