import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { WatchHub } from './hub.ts'
import { slowReaderBytes, streamWatch } from './stream.ts'

test('a reader that does not read is cut instead of being remembered for', () => {
  const hub = new WatchHub(1, { add: () => {}, all: () => [] }, () => [])
  const stuck = Object.assign(new PassThrough({ highWaterMark: 1 }), { writeHead: () => {} })
  streamWatch(hub, stuck as unknown as ServerResponse)
  assert.equal(hub.watchers, 1)
  const detail = 'x'.repeat(slowReaderBytes / 4)
  for (let i = 0; i < 6; i++) {
    hub.report({
      vmId: 'v',
      runId: `${i}`,
      status: 'up',
      pauseReason: null,
      startedAt: 1,
      guestAgent: false,
      guest: null,
      migration: null,
    })
    hub.end(`${i}`, 'failed', detail)
  }
  assert.equal(stuck.destroyed, true)
})
