import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'
import { until } from '../engine/test/until.ts'
import { labHabits, type Promised, Worker } from '../faults/load.ts'
import { Dice, logFolder } from '../faults/plan.ts'
import { noRealSite, RealSite } from '../faults/real-site.ts'
import { broken, quiet } from '../faults/verdict.ts'
import { LAB, STORAGE } from '../lab/src/hosts/site.ts'
import { type Lab, startLab } from '../lab/src/site/lab.ts'
import { CopyWatch, copiesOf } from './copies.ts'
import { Troublemaker } from './trouble.ts'

const skip = await noRealSite()
const seed = process.env.ROOKERY_FAULTS_SEED ?? String(randomInt(1_000_000))
const minutes = Number(process.env.ROOKERY_CHAOS_MINUTES ?? 30)
const people = 3
/** Until everything that was in trouble stands again. */
const patience = { timeoutMs: 600_000, everyMs: 500 }

describe(`three real hosts in chaos for ${minutes} minutes, seed ${seed}`, { skip }, () => {
  const logs = logFolder('chaos', seed)
  let lab: Lab
  let site: RealSite
  let failed = true
  before(async () => {
    lab = await startLab({ hosts: 3 })
    site = await RealSite.of(lab.instance, logs)
  })
  after(async () => {
    await site?.close(failed)
    if (!failed) await rm(logs, { recursive: true, force: true })
    else process.stderr.write(`again: ./rookery test chaos --minutes ${minutes} --seed ${seed}; logs: ${logs}\n`)
    assert.ok(await lab?.remove(), 'something could not be taken away')
  })

  test('whatever dies and is cut off, every VM runs once and nothing is left behind', async t => {
    const [cluster] = await site.sql<{ id: string }>`select id from cluster where name = ${LAB}`
    const [domain] = await site.sql<{ id: string }>`select id from storage_domain where name = ${STORAGE}`
    assert.ok(cluster && domain)
    const stop = new AbortController()
    const crew = Array.from(
      { length: people },
      (_, i) =>
        new Worker({
          site,
          dice: new Dice(`${seed} person ${i}`),
          name: `chaos${i}`,
          stop: stop.signal,
          habits: labHabits,
          place: { clusterId: cluster.id, storageDomainId: domain.id },
        }),
    )
    const trouble = new Troublemaker({ lab, site, dice: new Dice(`${seed} trouble`), stop: stop.signal })
    const end = new AbortController()
    const watch = new CopyWatch(site, end.signal)
    const watching = watch.run()
    const work = Promise.all([...crew.map(worker => worker.run()), trouble.run()])
    await pause(minutes * 60_000)
    stop.abort()
    await work
    site.note('quiet')
    const all = crew.flatMap(worker => worker.promised)
    const sums: Record<string, number> = {}
    for (const worker of crew) for (const [what, n] of Object.entries(worker.done)) sums[what] = (sums[what] ?? 0) + n
    t.diagnostic(`seed ${seed}, ${minutes} minutes: ${JSON.stringify(trouble.done)}`)
    t.diagnostic(`asked of the engine: ${JSON.stringify(sums)}`)

    for (const host of lab.hosts) await host.heal()
    await standing(site)
    await quiet(site)
    await restarted(site, all)
    const counts = await site.sql<{ name: string; n: number }>`
      select name, count(*)::int as n from event
       where name in ('host.not_responding', 'host.fenced', 'data_center.spm', 'vm.migration.done', 'vm.migration.failed', 'vm.ha.restarting', 'vm.ha.gave_up', 'vm.started')
       group by 1 order by 1`
    t.diagnostic(
      `told: ${counts.map(({ name, n }) => `${name} ${n}`).join(', ')}; at most ${watch.most} guests at once`,
    )
    end.abort()
    await watching

    assert.ok(all.filter(p => p.made).length > 0, 'nobody made anything: the run means nothing')
    assert.deepEqual(watch.twice, [], 'a VM ran twice')
    assert.deepEqual(
      await broken(
        site,
        all.map(p => ({ ...p, run: null })),
      ),
      [],
    )
    assert.deepEqual(await once(site), [])
    assert.deepEqual((await site.invariants()).differences, [])

    // And when everything is taken away nothing is left at all.
    for (const operation of ['vm.stop', 'vm.remove', 'disk.remove']) {
      for (const p of all.filter(each => operation.startsWith(each.kind))) await site.ask('op', operation, { id: p.id })
      await quiet(site)
    }
    await until(async () => (await copiesOf(site)).size === 0, { ...patience, what: 'the last QEMU to end' })
    const left = await site.sql`select 'vm ' || name as what from vm where name like 'chaos%'
      union all select 'disk ' || alias from disk where alias like 'chaos%'
      union all select 'lock ' || l.kind from job_lock l`
    assert.deepEqual(left, [])
    assert.deepEqual((await site.invariants()).differences, [])
    failed = false
  })
})

/** Every host is up, the storage served and active. */
async function standing(site: RealSite): Promise<void> {
  let last: unknown
  await until(
    async () => {
      last = await site.sql`select 'host ' || name as what, status, status_reason from host where status <> 'up'
        union all select 'domain ' || name, status, null from storage_domain where status <> 'active'
        union all select 'data center ' || name, 'not served', null from data_center d where not exists (
          select 1 from spm s join host h on h.id = s.host_id where s.data_center_id = d.id and h.status = 'up')
          and exists (select 1 from cluster c where c.data_center_id = d.id)`
      return (last as unknown[]).length === 0
    },
    { ...patience, what: 'hosts and storage to be up again' },
  ).catch(() => assert.fail(`these do not come up again: ${JSON.stringify(last)}`))
}

/** Highly available VMs that nobody ended run again. */
async function restarted(site: RealSite, all: readonly Promised[]): Promise<void> {
  const ids = all.filter(p => p.made && p.highlyAvailable && p.run !== null && p.removal === 'none').map(p => p.id)
  let last: unknown
  await until(
    async () => {
      last = await site.sql`select name, status from vm_view
        where id = any (${ids}::uuid[]) and status not in ('up', 'powering_up') `
      return (last as unknown[]).length === 0
    },
    { ...patience, what: 'highly available VMs to run again' },
  ).catch(() => assert.fail(`these do not run again: ${JSON.stringify(last)}`))
}

/** VMs that do not run as often as they should: once where the database says that they run, else never. */
async function once(site: RealSite): Promise<string[]> {
  const copies = await copiesOf(site)
  const rows = await site.sql<{ id: string; name: string; runs: number }>`
    select v.id, v.name, (select count(*)::int from vm_run r where r.vm_id = v.id) as runs from vm v`
  const wrong = rows.filter(row => (copies.get(row.id)?.length ?? 0) !== row.runs)
  return [
    ...wrong.map(row => `${row.name} has ${row.runs} runs and ${copies.get(row.id)?.length ?? 0} processes`),
    ...[...copies.keys()].filter(id => !rows.some(row => row.id === id)).map(id => `${id} is no VM and runs`),
  ]
}
