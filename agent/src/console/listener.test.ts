import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { listenOnce } from './listener.ts'

test('a port whose visitor never comes says that it is closed when its time is over', async () => {
  const closed = Promise.withResolvers<void>()
  const port = await listenOnce(
    '127.0.0.1',
    50,
    () => assert.fail('nobody came'),
    () => closed.resolve(),
  )
  assert.ok(port.expiresAt > Date.now() - 1000)
  await closed.promise
  await assert.rejects(once(connect(port.port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' })
})
