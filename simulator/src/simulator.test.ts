import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { TaskState, WatchLine } from '@rookery/protocol'
import { until } from '@rookery/protocol/contract/world'
import { bareSpec, fixture, request } from './testing.ts'

const unreachable = { kind: 'unavailable', code: 'host.unreachable' }

/** Reads a watch to a place where a line matches. */
async function read(lines: AsyncIterator<WatchLine>, wanted: (line: WatchLine) => boolean): Promise<WatchLine[]> {
  const seen: WatchLine[] = []
  for (;;) {
    const next = await lines.next()
    if (next.done === true) assert.fail('the watch ended')
    seen.push(next.value)
    if (wanted(next.value)) return seen
  }
}

test('the same seed is the same fleet, and every host is a machine of its own', async t => {
  const one = await fixture(t)
  const two = await fixture(t)
  const facts = await one.client(3).facts()
  assert.deepEqual({ ...(await two.client(3).facts()) }, facts)
  assert.notEqual((await one.client(4).facts()).hostUuid, facts.hostUuid)
})

test('a host that is not there is not found', async t => {
  const { client } = await fixture(t)
  await assert.rejects(client(10).facts(), { kind: 'notFound' })
})

test('heartbeats, statistics and the life of a guest follow the turned clock', async t => {
  const { client, clock, sim, done } = await fixture(t)
  const lines = client().watch()
  assert.deepEqual((await read(lines, l => l.type === 'listing')).length, 1)
  const spec = bareSpec()
  const created = (await done({ kind: 'vm.create', spec })) as TaskState
  assert.equal(created.state, 'finished')
  await read(lines, l => l.type === 'run' && l.run.status === 'powering_up')
  clock.advance(49_000)
  assert.equal(sim.host(0).runs.get(spec.runId)?.report.status, 'powering_up')
  clock.advance(12_000)
  const seen = await read(lines, l => l.type === 'run' && l.run.status === 'up')
  const ages = seen.flatMap(l => (l.type === 'heartbeat' ? [l.at] : []))
  for (const [i, at] of ages.entries()) assert.ok(at - (ages[i - 1] ?? at) <= 5000)
  const stats = seen.filter(l => l.type === 'stats')
  assert.ok(stats.length >= 3 && stats.some(s => s.runs.some(r => r.runId === spec.runId && r.cpu > 0)))
  await lines.return(undefined)
})

test('the pace of a fleet says how long what it pretends takes', async t => {
  const slow = await fixture(t, { pace: 100 })
  const id = randomUUID()
  const ensure = { kind: 'network.ensure' as const, networkId: randomUUID(), name: 'n', mode: 'nat' as const, mtu: 0 }
  await slow.client().putTask(id, request(ensure, slow.clock))
  slow.clock.advance(1_999) // 20 to 200 ms at the usual pace
  assert.equal((await slow.client().task(id)).state, 'running')
  slow.clock.advance(18_001)
  assert.equal((await slow.client().task(id)).state, 'finished')
})

test('a listing says how runs ended that nobody watched, for a week', async t => {
  const { client, clock, done } = await fixture(t)
  const spec = bareSpec()
  await done({ kind: 'vm.create', spec })
  await done({ kind: 'vm.destroy', vmId: spec.vmId, runId: spec.runId })
  const ends = async () => {
    const lines = client().watch()
    const [listing] = await read(lines, l => l.type === 'listing')
    await lines.return(undefined)
    return listing?.type === 'listing' ? listing.ended : undefined
  }
  assert.deepEqual(await ends(), [{ vmId: spec.vmId, runId: spec.runId, end: 'destroyed', detail: null }])
  clock.advance(7 * 86_400_000)
  assert.deepEqual(await ends(), [])
})

test('a task under the turned clock takes its time, and can be cancelled before its end', async t => {
  const { client, clock, sim } = await fixture(t)
  const agent = client()
  const spec = bareSpec()
  const id = randomUUID()
  assert.equal((await agent.putTask(id, request({ kind: 'vm.create', spec }, clock))).state, 'running')
  assert.equal(sim.host(0).runs.get(spec.runId)?.report.status, 'wait_for_launch')
  assert.equal((await agent.cancelTask(id)).state, 'cancelled')
  assert.equal(sim.host(0).runs.size, 0)
  clock.advance(100_000)
  await assert.rejects(agent.putTask(id, request({ kind: 'vm.create', spec }, clock)), { code: 'task.gone' })
})

test('a silent host says nothing; when it is heard again its watches have ended', async t => {
  const { client, clock, sim } = await fixture(t)
  const agent = client()
  await agent.facts()
  const lines = agent.watch()
  await read(lines, l => l.type === 'listing')
  const deaf = client().watch({ silenceMs: 1000 })
  await read(deaf, l => l.type === 'listing')
  sim.fault(0, { kind: 'silent' })
  clock.advance(60_000)
  await assert.rejects(agent.facts(AbortSignal.timeout(300)), { name: 'TimeoutError' })
  await assert.rejects(deaf.next(), { kind: 'unavailable', code: 'host.silent' })
  sim.clearFaults(0)
  await assert.rejects(
    read(lines, () => false),
    unreachable,
  )
  await agent.facts()
})

test('a refused connection, a broken answer and a failed task happen as often as they were ordered', async t => {
  const { client, clock, sim, done } = await fixture(t)
  const agent = client()
  sim.fault(0, { kind: 'refuse', times: 1 })
  await assert.rejects(agent.facts(), unreachable)
  await agent.facts()

  sim.fault(0, { kind: 'drop-reply', times: 1, match: { taskKind: 'vm.create' } })
  const task = { kind: 'vm.create' as const, spec: bareSpec() }
  const id = randomUUID()
  await agent.facts()
  await assert.rejects(agent.putTask(id, request(task, clock)), unreachable)
  clock.advance(1000)
  assert.equal((await agent.putTask(id, request(task, clock))).state, 'finished')

  sim.fault(0, { kind: 'fail-task', times: 1, match: { taskKind: 'network.ensure' } })
  const ensure = { kind: 'network.ensure' as const, networkId: randomUUID(), name: 'n', mode: 'nat' as const, mtu: 0 }
  const failed = (await done(ensure)) as Extract<TaskState, { state: 'failed' }>
  assert.equal(failed.error.code, 'simulator.fault')
  assert.equal(((await done(ensure)) as TaskState).state, 'finished')
})

test('a slow host answers later by its own clock', async t => {
  const { client, clock, sim } = await fixture(t)
  sim.fault(0, { kind: 'slow', ms: 5000, times: 1 })
  let answered = false
  const facts = client()
    .facts()
    .then(() => (answered = true))
  await until('the request to come in', () => sim.host(0).faults.list().length === 0)
  clock.advance(4999)
  assert.equal(answered, false)
  clock.advance(1)
  await facts
})

test('an agent that crashes comes back with a higher incarnation, its guests and its unfinished tasks', async t => {
  const { client, clock, sim, done } = await fixture(t)
  const agent = client()
  const spec = bareSpec()
  await done({ kind: 'vm.create', spec })
  const id = randomUUID()
  const ensure = { kind: 'network.ensure' as const, networkId: randomUUID(), name: 'n', mode: 'nat' as const, mtu: 0 }
  await agent.putTask(id, request(ensure, clock))
  const { incarnation, bootId } = await agent.facts()
  sim.fault(0, { kind: 'crash-agent', downMs: 5000 })
  await assert.rejects(agent.facts(), unreachable)
  clock.advance(4000)
  assert.equal(sim.host(0).networks.size, 0)
  clock.advance(1000)
  const facts = await agent.facts()
  assert.deepEqual([facts.incarnation, facts.bootId], [incarnation + 1, bootId])
  assert.equal((await agent.task(id)).state, 'running')
  clock.advance(1000)
  assert.equal((await agent.task(id)).state, 'finished')
  assert.ok(sim.host(0).runs.has(spec.runId))
})

test('a machine without power loses its guests and comes back as another boot', async t => {
  const { client, sim, done } = await fixture(t)
  const agent = client()
  await done({ kind: 'vm.create', spec: bareSpec() })
  const { bootId } = await agent.facts()
  sim.fault(0, { kind: 'power-off' })
  await assert.rejects(agent.facts(), unreachable)
  sim.clearFaults(0)
  assert.notEqual((await agent.facts()).bootId, bootId)
  const [listing] = await read(agent.watch(), l => l.type === 'listing')
  assert.deepEqual(listing?.type === 'listing' && listing.runs, [])
})

test('guests crash, and pause when their disk fails, one by one', async t => {
  const { sim, done } = await fixture(t)
  const [one, two] = [bareSpec(), bareSpec()]
  await done({ kind: 'vm.create', spec: one })
  await done({ kind: 'vm.create', spec: two })
  sim.fault(0, { kind: 'io-error', match: { vmId: one.vmId } })
  sim.fault(0, { kind: 'guest-crash', match: { vmId: two.vmId } })
  assert.deepEqual(
    [...sim.host(0).runs.values()].map(r => [r.spec.vmId, r.report.status, r.report.pauseReason]),
    [[one.vmId, 'paused', 'io_error']],
  )
})

test('a VM that runs on two hosts at once is a violation', async t => {
  const { sim, client, done } = await fixture(t)
  const spec = bareSpec()
  await done({ kind: 'vm.create', spec })
  await done({ kind: 'vm.destroy', vmId: spec.vmId, runId: spec.runId })
  await done({ kind: 'vm.create', spec: { ...spec, runId: randomUUID() } })
  assert.equal(sim.violations.length, 0)
  await done({ kind: 'vm.create', spec: { ...spec, runId: randomUUID() } }, client(1))
  assert.deepEqual(
    sim.violations.map(v => v.rule),
    ['vm_twice'],
  )
})

test('hosts that reach the same path share the storage domain', async t => {
  const { client, done } = await fixture(t)
  const at = { storageDomainId: randomUUID(), connection: { type: 'localfs' as const, path: '/shared' } }
  const [one, two] = [client(1), client(2)]
  await done({ kind: 'storage.create', ...at, type: 'iso', name: 'isos' }, one)
  const state = (await done({ kind: 'storage.connect', ...at }, two)) as TaskState
  assert.equal(state.state, 'finished')
  const elsewhere = { ...at, connection: { type: 'localfs' as const, path: '/other' } }
  assert.equal(((await done({ kind: 'storage.connect', ...elsewhere }, two)) as TaskState).state, 'failed')
})
