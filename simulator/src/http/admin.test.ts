import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { request } from 'node:https'
import { json } from 'node:stream/consumers'
import { test } from 'node:test'
import { bareSpec, fixture, type Fixture } from '../testing.ts'

async function call(f: Fixture, method: string, path: string, body?: object): Promise<[number, unknown]> {
  const { cert, key, ca } = f.pki.engine
  const req = request(`${f.sim.url}${path}`, { method, cert, key, ca, agent: false })
  req.end(body === undefined ? undefined : JSON.stringify(body))
  const res = await new Promise<import('node:http').IncomingMessage>((resolve, reject) =>
    req.once('response', resolve).once('error', reject),
  )
  return [res.statusCode ?? 0, res.statusCode === 204 ? void res.resume() : await json(res)]
}

test('faults are ordered, seen and taken away over the wire', async t => {
  const f = await fixture(t)
  assert.deepEqual(await call(f, 'POST', '/simulator/hosts/1/faults', { kind: 'refuse', times: 3 }), [204, undefined])
  assert.deepEqual(await call(f, 'GET', '/simulator/hosts/1/faults'), [200, [{ kind: 'refuse', times: 3 }]])
  await assert.rejects(f.client(1).facts(), { code: 'host.unreachable' })
  await call(f, 'DELETE', '/simulator/hosts/1/faults')
  await f.client(1).facts()
  const [status] = await call(f, 'POST', '/simulator/hosts/1/faults', { kind: 'gremlins' })
  assert.equal(status, 400)
})

test('guests are copied to hosts, and are told like any other', async t => {
  const f = await fixture(t)
  const spec = bareSpec()
  await f.done({ kind: 'vm.create', spec }, f.client(1))
  const { vmId, runId } = spec
  const copy = { vmId: randomUUID(), runId: randomUUID(), name: 'like it' }
  assert.deepEqual(await call(f, 'POST', '/simulator/hosts/2/copies', { of: runId, runs: [copy] }), [204, undefined])
  const [, host] = await call(f, 'GET', '/simulator/hosts/2')
  const { runs } = host as { runs: { vmId: string; runId: string; status: string }[] }
  assert.deepEqual(
    runs.map(run => [run.vmId, run.runId, run.status]),
    [[copy.vmId, copy.runId, 'up']],
  )
  const [status] = await call(f, 'POST', '/simulator/hosts/2/copies', { of: vmId, runs: [] })
  assert.equal(status, 404)
})

test('the clock is turned over the wire', async t => {
  const f = await fixture(t)
  const before = f.clock.now()
  assert.deepEqual(await call(f, 'POST', '/simulator/clock', { advanceMs: 90_000 }), [200, { now: before + 90_000 }])
})

test('a fleet and its hosts can be looked at', async t => {
  const f = await fixture(t)
  const [, fleet] = await call(f, 'GET', '/simulator')
  assert.deepEqual(fleet, { hosts: 10, clock: 'manual', now: f.clock.now(), violations: [] })
  const [, host] = await call(f, 'GET', '/simulator/hosts/2')
  assert.equal((host as { dead: boolean }).dead, false)
  assert.equal((await call(f, 'GET', '/simulator/hosts/77'))[0], 404)
})
