import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { choose, chooseTarget } from '../engine/src/compute/vm/choose.ts'
import { start as startVm } from '../engine/src/compute/vm/operations.ts'
import { getVm } from '../engine/src/compute/vm/store.ts'
import { call } from '../engine/src/core/call.ts'
import type { TestEngine } from '../engine/test/engine.ts'
import { until } from '../engine/test/until.ts'
import {
  figure,
  type Fleet,
  hostsUp,
  makeVms,
  patience,
  seconds,
  sizeOf,
  spread,
  startFleet,
  untilReady,
  vmsUp,
} from './fleet.ts'

/**
 * A large fleet on one small machine: pretended hosts in a process of their own, the engine in this one, so that its memory and processor
 * time are those of this process. What is printed is measured; what is asserted is only what must hold on any machine.
 */
const { hosts, vms } = sizeOf('500x10000')

let fleet: Fleet
let one: TestEngine
before(async () => {
  fleet = await startFleet(hosts)
})
after(async () => {
  await one?.stop()
  await fleet?.close()
})

test('every host comes up and is watched', async t => {
  const began = performance.now()
  one = await fleet.engine(hosts)
  await until(async () => (await hostsUp(fleet)) === hosts, { ...patience, what: 'hosts to be up' })
  figure(t, `${hosts} hosts added and up ${seconds(began)} s after the first start of the engine`)
  await untilReady(fleet, hosts)
})

test('so many VMs are placed and run, each once, and no host has promised more than it has', async t => {
  const ids = await makeVms(fleet, vms)
  const began = performance.now()
  const env = one.engine.handle.env()
  const rest = ids.values()
  const line = { waiting: 0, done: false }
  const watch = async () => {
    while (!line.done) {
      line.waiting = (
        await fleet.sql.one<{
          n: number
        }>`select count(*)::int as n from job where kind = 'vm.start' and ended_at is null`
      ).n
      await pause(250)
    }
  }
  const watching = watch()
  const worker = async () => {
    for (const id of rest) {
      await call(env, startVm, { id })
      // So that jobs are worked at as they come, and no queue of thousands is measured.
      while (line.waiting > 100) await pause(20)
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker)).finally(() => (line.done = true))
  await watching
  await until(async () => (await vmsUp(fleet)) === vms, { ...patience, what: 'VMs to be up' })
  figure(
    t,
    `${vms} VMs placed, started and up in ${seconds(began)} s: ${(vms / Number(seconds(began))).toFixed(0)} a second`,
  )
  assert.deepEqual(await fleet.simulator.violations(), [])
  const over = await fleet.sql`select h.name from host h join reservation r on r.host_id = h.id group by h.id
    having sum(r.memory) > (h.facts ->> 'memory')::bigint`
  assert.deepEqual(over, [])
})

test('how long a scheduling decision and a look at one VM take', async t => {
  const { sql } = one.engine.handle.db
  const some = await fleet.sql<{ id: string }>`select id from vm order by id limit 200`
  const times: number[] = []
  for (const { id } of some) {
    const vm = await getVm(sql, id)
    assert.ok(vm)
    const began = performance.now()
    await chooseTarget(sql, vm)
    times.push(performance.now() - began)
  }
  figure(t, `decision where a VM migrates to, over ${hosts} hosts and ${vms} VMs: ${spread(times)}`)
  const [fresh] = await makeVms(fleet, 1)
  const down = await getVm(sql, fresh ?? '')
  assert.ok(down)
  const starts: number[] = []
  for (let n = 0; n < 300; n++) {
    const began = performance.now()
    await choose(sql, down, { id: down.id }, [])
    starts.push(performance.now() - began)
  }
  figure(t, `decision where a VM starts: ${spread(starts)}`)
  const token = await one.login()
  const gets: number[] = []
  for (let n = 0; n < 1000; n++) {
    const began = performance.now()
    const answer = await one.http('GET', `/ovirt-engine/api/vms/${some[n % some.length]?.id}`, { token })
    gets.push(performance.now() - began)
    assert.equal(answer.status, 200)
  }
  figure(t, `GET /vms/{id}: ${spread(gets)}`)
})

test('how soon an engine that is started again watches every host, and what it takes while nothing is asked of it', async t => {
  await one.stop()
  const { now } = await fleet.sql.one<{ now: Date }>`select now() as now`
  const began = performance.now()
  const engine = await fleet.product()
  try {
    await until(async () => (await hostsUp(fleet, now)) === hosts, { ...patience, what: 'hosts to be watched again' })
    figure(t, `all ${hosts} hosts watched ${seconds(began)} s after the engine was started again`)
    const { n: lost } = await fleet.sql.one<{ n: number }>`
      select count(*)::int as n from event where name = 'host.not_responding' and at > ${now}`
    assert.equal(lost, 0, 'no host is lost since nobody listened')
    assert.equal(await vmsUp(fleet), vms)
    const [before, since] = [engine.cpuMs(), performance.now()]
    await pause(60_000) // numbers of hosts come every 15 s; this is the span that is measured, not a wait for a state
    const [later, span] = [engine.cpuMs(), performance.now() - since]
    const share = (part: 'engine' | 'database') => (((later[part] - before[part]) / span) * 100).toFixed(0)
    figure(
      t,
      `at rest: the engine takes ${share('engine')} % of a processor and ${engine.memory().toFixed(0)} MiB, its connections in the database ${share('database')} %`,
    )
  } finally {
    await engine.stop()
  }
})
