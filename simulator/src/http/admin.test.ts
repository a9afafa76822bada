import assert from 'node:assert/strict'
import { request } from 'node:https'
import { json } from 'node:stream/consumers'
import { test } from 'node:test'
import { fixture, type Fixture } from '../testing.ts'

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
