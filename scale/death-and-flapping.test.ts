import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { start as startVm } from '../engine/src/compute/vm/operations.ts'
import { call } from '../engine/src/core/call.ts'
import * as fence from '../engine/src/inventory/fence/operations.ts'
import * as hostOperations from '../engine/src/inventory/host/operations.ts'
import { databaseFindings } from '../engine/src/invariants/database.ts'
import { waitForJob } from '../engine/src/jobs/index.ts'
import type { TestEngine } from '../engine/test/engine.ts'
import { until } from '../engine/test/until.ts'
import { figure, fill, type Fleet, makeVms, seconds, sizeOf, startFleet, untilReady, vmsUp } from './fleet.ts'

/** What becomes of a large fleet when a host of it dies, and while a part of it comes and goes. */
const { hosts, vms } = sizeOf('500x10000')
/** How long hosts flap, minutes. */
const flapMinutes = Number(process.env['ROOKERY_SCALE_FLAP'] ?? 10)
/** Highly available VMs of the host that dies. */
const many = 40

let fleet: Fleet
let one: TestEngine
before(async () => {
  fleet = await startFleet(hosts)
  one = await fleet.engine(hosts)
  await untilReady(fleet, hosts)
  const [model] = await makeVms(fleet, 1)
  await startAll([model ?? ''])
  await fill(fleet, model ?? '', hosts, vms - many)
  await until(async () => (await vmsUp(fleet)) === vms - many, { timeoutMs: 300_000, what: 'VMs to be up' })
})
after(async () => {
  await one?.stop()
  await fleet?.close()
})

const done = async (jobId: string | null) => {
  const row = await waitForJob(one.engine.handle.env(), jobId ?? '', { timeoutMs: 300_000 })
  assert.equal(row.status, 'finished', JSON.stringify(row.error))
}
async function startAll(ids: readonly string[], hostId?: string): Promise<void> {
  const env = one.engine.handle.env()
  const wish = hostId === undefined ? {} : { runOnce: { hostIds: [hostId] } }
  await Promise.all(ids.map(async id => done((await call(env, startVm, { id, ...wish })).jobId)))
}

test('a host with 40 highly available VMs dies: all of them run again elsewhere', async t => {
  const { sql } = fleet
  const env = one.engine.handle.env()
  const victim = await sql.one<{ id: string; url: string }>`
    select h.id, h.url from host h where not exists (select 1 from spm s where s.host_id = h.id) order by h.id limit 1`
  const index = Number(/(\d+)$/.exec(victim.url)?.[1])
  await call(env, fence.addAgent, { hostId: victim.id, type: 'ipmilan', address: `bmc-${index}` })
  await call(env, hostOperations.update, { id: victim.id, powerManagement: { enabled: true } })
  const ids = await makeVms(fleet, many, { memory: 64 * 1024 ** 2, highAvailability: { enabled: true, priority: 50 } })
  await startAll(ids, victim.id)
  const running = async () =>
    (
      await sql.one<{ n: number }>`
        select count(*)::int as n from vm_run where vm_id = any (${ids}::uuid[]) and status = 'up' and ended is null
           and host_id <> ${victim.id}::uuid`
    ).n
  const told: [status: string, after: string][] = []
  const began = performance.now()
  await fleet.simulator.fault(index, { kind: 'power-off' })
  await until(
    async () => {
      const { status, fenced } = await sql.one<{ status: string; fenced: boolean }>`
        select status, fenced_at is not null as fenced from host where id = ${victim.id}::uuid`
      const word = fenced ? 'fenced' : status
      if (told.at(-1)?.[0] !== word) told.push([word, seconds(began)])
      return (await running()) === many
    },
    { timeoutMs: 600_000, everyMs: 50, what: 'all VMs to run again' },
  )
  const dead = told.find(([word]) => word === 'fenced')?.[1]
  figure(
    t,
    `${many} highly available VMs up again ${seconds(began)} s after the power cut, ${(Number(seconds(began)) - Number(dead)).toFixed(1)} s after the host was known dead (${told.map(([word, at]) => `${word} ${at} s`).join(', ')})`,
  )
  assert.deepEqual(await fleet.simulator.violations(), [])
})

test('hosts that come and go get no wrong status, and neither do their VMs', {
  timeout: 60_000 * (flapMinutes + 12),
}, async t => {
  const { sql, simulator } = fleet
  await until(async () => (await sql`select 1 from host where status <> 'up'`).length === 0, {
    timeoutMs: 300_000,
    what: 'every host to be up',
  })
  const all = await sql<{ id: string; url: string; name: string }>`select id, url, name from host order by id`
  const flapping = all
    .filter((_, n) => n % 20 === 7)
    .map(host => ({ ...host, index: Number(/(\d+)$/.exec(host.url)?.[1]) }))
  const { now: since } = await sql.one<{ now: Date }>`select now() as now`
  const before = await vmsUp(fleet)
  const ends = performance.now() + flapMinutes * 60_000
  let flaps = 0
  const flap = async (index: number, nth: number) => {
    for (let round = 0; performance.now() < ends; round++) {
      await pause(4_000 + ((nth * 7 + round * 13) % 17) * 1000)
      flaps++
      // Never so long that it would count as lost: whoever is called lost here has a wrong status.
      if ((nth + round) % 3 === 0)
        await simulator.fault(index, { kind: 'crash-agent', downMs: 1000 + ((round * 5) % 12) * 1000 })
      else if ((nth + round) % 3 === 1) {
        await simulator.fault(index, { kind: 'silent' })
        await pause(3_000 + ((nth + round * 3) % 12) * 1000)
        await simulator.clearFaults(index)
      } else {
        await simulator.fault(index, { kind: 'refuse' })
        await pause(2_000 + ((nth + round * 3) % 12) * 1000)
        await simulator.clearFaults(index)
      }
    }
  }
  const wrong = new Set<string>()
  let looks = 0
  const look = async () => {
    const steady = all.filter(host => !flapping.some(each => each.id === host.id)).map(host => host.id)
    while (performance.now() < ends) {
      const hosts = await sql<{ name: string; status: string; steady: boolean }>`
        select name, status, id = any (${steady}::uuid[]) as steady from host where status <> 'up'`
      for (const { name, status, steady } of hosts)
        if (steady || !['connecting', 'initializing'].includes(status)) wrong.add(`${name} was ${status}`)
      const guests = await sql<{ name: string; status: string; host: string }>`
        select v.name, v.status, h.status as host from vm_view v join host h on h.id = v.host_id
         where v.run_id is not null and v.status <> case when h.status in ('connecting', 'non_responsive') then 'unknown' else 'up' end`
      for (const { name, status, host } of guests) wrong.add(`${name} was ${status} on a host that was ${host}`)
      looks++
      await pause(2000)
    }
  }
  await Promise.all([look(), ...flapping.map(({ index }, nth) => flap(index, nth))])
  await until(async () => (await sql`select 1 from host where status <> 'up'`).length === 0, {
    timeoutMs: 300_000,
    what: 'every host to be up again',
  })
  await until(async () => (await sql`select 1 from job where ended_at is null`).length === 0, {
    timeoutMs: 120_000,
    what: 'jobs to end',
  })
  const events = await sql<{ name: string; n: number }>`
    select name, count(*)::int as n from event where at > ${since} group by name order by n desc, name`
  const jobs = await sql<{ kind: string; status: string; n: number }>`
    select kind, status, count(*)::int as n from job where created_at > ${since} group by kind, status order by kind, status`
  figure(
    t,
    `${flapping.length} of ${all.length} hosts were gone ${flaps} times in ${flapMinutes} minutes: ${wrong.size} wrong statuses in ${looks} looks at everything; events: ${events.map(({ name, n }) => `${n} ${name}`).join(', ')}; jobs: ${jobs.map(({ kind, status, n }) => `${n} ${kind} ${status}`).join(', ')}`,
  )
  assert.deepEqual([...wrong].slice(0, 20), [])
  assert.equal(await vmsUp(fleet), before, 'no VM is lost')
  assert.deepEqual(await simulator.violations(), [])
  assert.deepEqual(
    events.filter(({ name }) => /fenc|not_responding|failed|vm\.|unknown/.test(name)),
    [],
  )
  assert.ok(events.reduce((sum, { n }) => sum + n, 0) <= 2 * flaps, 'there are no more events than hosts went and came')
  assert.deepEqual(
    (await databaseFindings(sql)).filter(each => !each.invariant.startsWith('quota')),
    [],
  )
})
