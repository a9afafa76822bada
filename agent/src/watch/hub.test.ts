import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndedRun, RunReport, WatchLine } from '@rookery/protocol'
import { WatchHub } from './hub.ts'

const run = (change: Partial<RunReport> = {}): RunReport => ({
  vmId: 'v',
  runId: 'r',
  status: 'powering_up',
  pauseReason: null,
  startedAt: 1,
  guestAgent: false,
  guest: null,
  migration: null,
  ...change,
})
const memory = () => {
  const kept: EndedRun[] = []
  return { add: (ended: EndedRun) => void kept.push(ended), all: () => kept }
}
const reader = () => {
  const lines: WatchLine[] = []
  return { lines, send: (line: WatchLine) => void lines.push(line) }
}

test('a watcher hears everything there is, then each change, in growing order', () => {
  const hub = new WatchHub(7, memory(), () => [])
  hub.report(run())
  const watcher = reader()
  const stop = hub.watch(watcher)
  hub.report(run({ status: 'up' }))
  hub.end('r', 'shutdown', null)
  stop()
  hub.report(run({ runId: 'later' }))
  assert.deepEqual(
    watcher.lines.map(l => l.type),
    ['listing', 'run', 'ended'],
  )
  assert.deepEqual(
    watcher.lines.map(l => ('seq' in l ? l.seq : null)),
    [2, 3, 4],
  )
  assert.ok(watcher.lines.every(l => 'incarnation' in l && l.incarnation === 7))
})

test('what was said already is not said again, and an end is told once', () => {
  const hub = new WatchHub(1, memory(), () => [])
  const watcher = reader()
  hub.watch(watcher)
  hub.report(run())
  hub.report(run())
  hub.end('r', 'destroyed', null)
  hub.end('r', 'lost', null)
  assert.deepEqual(
    watcher.lines.map(l => l.type),
    ['listing', 'run', 'ended'],
  )
})

test('a listing that is asked for after a task ended is newer than its end and has its run', () => {
  const hub = new WatchHub(1, memory(), () => [])
  hub.report(run())
  const end = hub.next()
  const watcher = reader()
  hub.watch(watcher)
  const listing = watcher.lines[0]
  assert.ok(listing?.type === 'listing' && listing.seq > end.seq && listing.runs.length === 1)
})

test('a listing says how runs ended that nobody watched, unless they are here again', () => {
  const hub = new WatchHub(1, memory(), () => [])
  for (const runId of ['gone', 'back']) {
    hub.report(run({ runId }))
    hub.end(runId, 'crashed', 'it broke')
  }
  hub.report(run({ runId: 'back' }))
  const watcher = reader()
  hub.watch(watcher)
  const listing = watcher.lines[0]
  assert.deepEqual(listing?.type === 'listing' && listing.ended, [
    { vmId: 'v', runId: 'gone', end: 'crashed', detail: 'it broke' },
  ])
})

test('nobody is told what runs before the host knows', async () => {
  const hub = new WatchHub(1, memory(), () => [])
  assert.equal(await hub.whenReady(5), false)
  const waiting = hub.whenReady(60_000)
  hub.ready()
  assert.equal(await waiting, true)
})
