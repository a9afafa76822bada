import assert from 'node:assert/strict'
import { test } from 'node:test'
import { siteIsReady } from '../engine-api.ts'
import { partsOf } from './dev.ts'
import { vmCount } from './down.ts'
import { linesOf, merge, timeOf } from './logs.ts'
import { duration, problemsOf, type Status, statusText } from './status.ts'

const site = {
  hosts: [{ name: 'h', status: 'up' }],
  storageDomains: [{ name: 'd', type: 'data', status: 'active' }],
  vms: { total: 2, up: 1 },
}
const child = { name: 'engine', state: 'ready', pid: 1, restarts: 0, since: undefined, lastError: undefined } as const
const sup = { pid: 1, version: '0', startedAt: '', children: [child], notes: [] }

test('an instance is healthy when every part answers and every host and domain is where it should be', () => {
  assert.deepEqual(problemsOf(sup, site), [])
  const failing = { ...child, state: 'failing' as const, lastError: 'ended with code 1; its last words:\nx' }
  assert.match(problemsOf({ ...sup, children: [failing] }, site)[0] ?? '', /^engine is failing: it ended with code 1/)
  assert.match(
    problemsOf(sup, { ...site, hosts: [{ name: 'h', status: 'non_responsive' }] })[0] ?? '',
    /host h is non_responsive/,
  )
  assert.match(
    problemsOf(sup, { ...site, storageDomains: [{ name: 'd', status: 'inactive' }] })[0] ?? '',
    /storage domain d is inactive/,
  )
  assert.match(problemsOf(sup, new Error('refused'))[0] ?? '', /refused/)
})

test('a host that somebody put into maintenance is no problem', () => {
  assert.deepEqual(problemsOf(sup, { ...site, hosts: [{ name: 'h', status: 'maintenance' }] }), [])
})

test('a new site waits for its hosts and both domains, a later start only until all is as it was left', () => {
  const iso = (status: string) => ({
    ...site,
    storageDomains: [...site.storageDomains, { name: 'i', type: 'iso', status }],
  })
  assert.ok(siteIsReady(iso('active'), 1, true))
  assert.ok(!siteIsReady(iso('active'), 2, true))
  assert.ok(!siteIsReady(iso('unattached'), 1, true))
  assert.ok(!siteIsReady(site, 1, true), 'there is no ISO domain yet')
  assert.ok(siteIsReady(iso('maintenance'), 1, false))
  assert.ok(!siteIsReady(iso('unknown'), 1, false))
  assert.ok(siteIsReady({ ...site, hosts: [{ name: 'h', status: 'maintenance' }] }, 1, false))
  assert.ok(!siteIsReady({ ...site, hosts: [{ name: 'h', status: 'connecting' }] }, 1, false))
})

test('durations and counts read like speech', () => {
  assert.deepEqual([0, 59, 61, 93_784].map(duration), ['0 s', '59 s', '1 min 1 s', '1 d 2 h'])
  assert.deepEqual([vmCount(1), vmCount(2)], ['1 VM', '2 VMs'])
})

test('an instance that does not run says how to start it and how many VMs go on', () => {
  const s: Status = {
    running: false,
    healthy: false,
    version: '0',
    dataDir: '/d',
    problems: [],
    notes: [],
    vmsLeftRunning: 2,
  }
  assert.match(statusText(s), /rookery up[\s\S]*2 VMs/)
})

test('the time of a line is read whoever wrote it', () => {
  const at = Date.UTC(2026, 10, 20, 17, 0, 1, 500)
  assert.equal(timeOf(`{"level":30,"time":${at},"msg":"x"}`), at)
  assert.equal(timeOf('{"level":"info","time":"2026-11-20T17:00:01.500Z"}'), at)
  assert.equal(timeOf('2026-11-20 17:00:01.500 UTC [12] LOG:  x'), at)
  assert.equal(timeOf('2026-11-20 17:00:01.500+0000: 12: info : x'), at)
  assert.equal(timeOf('    at main.ts:1'), undefined)
})

test('logs are merged by time, and lines without one stay behind theirs', () => {
  const a = linesOf('2026-01-01 00:00:01 a1\n  more of a1\n2026-01-01 00:00:03 a3\n', 'a')
  const b = linesOf('2026-01-01 00:00:02 b2\n', 'b')
  assert.deepEqual(
    merge([a, b]).map(l => l.text.trim().slice(-2)),
    ['a1', 'a1', 'b2', 'a3'],
  )
})

test('a changed source restarts the parts that are made of it, a changed test none', () => {
  assert.deepEqual(partsOf('engine/src/app.ts'), ['engine'])
  assert.deepEqual(partsOf('engine/migrations/0001_x.sql'), ['engine'])
  assert.deepEqual(partsOf('protocol/src/host.ts'), ['engine', 'simulator'])
  assert.deepEqual(partsOf('engine/src/app.test.ts'), [])
  assert.deepEqual(partsOf('engine/README.md'), [])
})
