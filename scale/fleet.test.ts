import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type EngineDatabase, engineDatabase } from '../engine/test/database.ts'
import { startTestEngine, type TestEngine } from '../engine/test/engine.ts'
import { type SimulatorProcess, startSimulator } from '../engine/test/simulator.ts'
import { until } from '../engine/test/until.ts'
import { choose, chooseTarget } from '../engine/src/compute/vm/choose.ts'
import { start as startVm } from '../engine/src/compute/vm/operations.ts'
import { getVm } from '../engine/src/compute/vm/store.ts'
import { call } from '../engine/src/core/call.ts'
import { json } from '../engine/src/db/index.ts'
import { quantile } from '@rookery/bench/measure/stats'

/**
 * A large fleet on one small machine: pretended hosts in a process of their own, the engine in this one, so that its memory and processor
 * time are those of this process. What is printed is measured; what is asserted is only what must hold on any machine.
 * `ROOKERY_SCALE=2500x40000` plays another fleet.
 */
const [hosts = 500, vms = 10_000] = (process.env['ROOKERY_SCALE'] ?? '500x10000').split('x').map(Number)

let database: EngineDatabase
let simulator: SimulatorProcess
let one: TestEngine
const sql = () => database.db.sql
const begin = () =>
  startTestEngine(database, {
    config: {
      agentTls: simulator.agentTls,
      connections: 16,
      simulator: { url: simulator.url, hosts, storagePath: '/pretended' },
    },
  })
const seconds = (since: number) => ((performance.now() - since) / 1000).toFixed(1)
const figure = (t: TestContext, text: string) => {
  t.diagnostic(text)
  process.stderr.write(`scale: ${text}\n`)
}

before(async () => {
  database = await engineDatabase()
  simulator = await startSimulator(hosts, { seed: 'scale' })
})
after(async () => {
  await one?.stop()
  await simulator?.close()
  await database?.close()
})

const patience = { timeoutMs: 1_500_000, everyMs: 250 }

test('every host comes up and is watched', async t => {
  const began = performance.now()
  one = await begin()
  await until(
    async () => (await sql().one<{ n: number }>`select count(*)::int as n from host where status = 'up'`).n === hosts,
    { ...patience, what: 'hosts to be up' },
  )
  figure(t, `${hosts} hosts added and up ${seconds(began)} s after the first start of the engine`)
  await until(
    async () =>
      (await sql().one<{ n: number }>`select count(*)::int as n from storage_domain where status = 'active'`).n === 2,
    { ...patience, what: 'storage to be active' },
  )
  await one.stop()
  const again = performance.now()
  const { now } = await sql().one<{ now: Date }>`select now() as now`
  one = await begin()
  await until(
    async () =>
      (await sql().one<{ n: number }>`select count(*)::int as n from host where status = 'up' and seen_at > ${now}`)
        .n === hosts,
    { ...patience, what: 'hosts to be watched again' },
  )
  figure(t, `all ${hosts} hosts watched ${seconds(again)} s after the engine was started again`)
})

test('so many VMs are placed and run, each once, and no host has promised more than it has', async t => {
  const { id: clusterId, projectId } = await sql().one<{ id: string; projectId: string }>`
    select c.id, d.default_project_id as project_id from cluster c join data_center d on d.id = c.data_center_id limit 1`
  const file = await sql().one<{
    storageDomainId: string
    name: string
  }>`select storage_domain_id, name from iso_file limit 1`
  const config = {
    memory: 4 * 1024 ** 3,
    os: { boot: ['cdrom'] },
    cdrom: { storageDomainId: file.storageDomainId, file: file.name },
  }
  const ids = Array.from({ length: vms }, () => randomUUID())
  await sql()`insert into vm (id, project_id, cluster_id, template_id, name, config)
    select id, ${projectId}::uuid, ${clusterId}::uuid, '00000000-0000-0000-0000-000000000000', 'scale-' || id, ${json(config)}::jsonb
      from unnest(${ids}::uuid[]) as id`
  const began = performance.now()
  const env = one.engine.handle.env()
  const rest = ids.values()
  const line = { waiting: 0, done: false }
  const watch = async () => {
    while (!line.done) {
      line.waiting = (
        await sql().one<{ n: number }>`select count(*)::int as n from job where kind = 'vm.start' and ended_at is null`
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
  await until(
    async () =>
      (await sql().one<{ n: number }>`select count(*)::int as n from vm_run where status = 'up' and not incoming`).n ===
      vms,
    { ...patience, what: 'VMs to be up' },
  )
  figure(
    t,
    `${vms} VMs placed, started and up in ${seconds(began)} s: ${(vms / Number(seconds(began))).toFixed(0)} a second`,
  )
  assert.deepEqual(await simulator.violations(), [])
  const over = await sql()`select h.name from host h join reservation r on r.host_id = h.id group by h.id
    having sum(r.memory) > (h.facts ->> 'memory')::bigint`
  assert.deepEqual(over, [])
})

test('how long a scheduling decision and a look at one VM take', async t => {
  const env = one.engine.handle.env()
  const some = await sql()<{ id: string }>`select id from vm order by id limit 200`
  const times: number[] = []
  for (const { id } of some) {
    const vm = await getVm(env.db.sql, id)
    assert.ok(vm)
    const began = performance.now()
    await chooseTarget(env.db.sql, vm)
    times.push(performance.now() - began)
  }
  figure(t, `decision over ${hosts} hosts and ${vms} VMs: median ${ms(times, 0.5)}, p99 ${ms(times, 0.99)}`)
  const { id: fresh } = await sql().one<{ id: string }>`
    insert into vm (id, project_id, cluster_id, template_id, name, config)
    select gen_random_uuid(), project_id, cluster_id, template_id, 'scale-fresh', config from vm limit 1 returning id`
  const down = await getVm(env.db.sql, fresh)
  assert.ok(down)
  const starts: number[] = []
  for (let n = 0; n < 100; n++) {
    const began = performance.now()
    await choose(env.db.sql, down, { id: fresh }, [])
    starts.push(performance.now() - began)
  }
  figure(t, `the same for a start: median ${ms(starts, 0.5)}, p99 ${ms(starts, 0.99)}`)
  const token = await one.login()
  const gets: number[] = []
  for (let n = 0; n < 1000; n++) {
    const began = performance.now()
    const answer = await one.http('GET', `/ovirt-engine/api/vms/${some[n % some.length]?.id}`, { token })
    gets.push(performance.now() - began)
    assert.equal(answer.status, 200)
  }
  figure(t, `GET /vms/{id}: median ${ms(gets, 0.5)}, p99 ${ms(gets, 0.99)}`)
})

test('what the engine takes while nothing is asked of it', async t => {
  const before = process.cpuUsage()
  const began = performance.now()
  await pause(60_000) // numbers of hosts come every 15 s; this is the span that is measured, not a wait for a state
  const { user, system } = process.cpuUsage(before)
  const share = (user + system) / 10 / (performance.now() - began)
  figure(t, `at rest: ${share.toFixed(0)} % of one processor, ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB`)
})

const ms = (times: readonly number[], part: number): string => `${quantile(times, part).toFixed(1)} ms`
