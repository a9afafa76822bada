import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { quantile } from '@rookery/bench/measure/stats'
import { choose } from '../engine/src/compute/vm/choose.ts'
import { getVm } from '../engine/src/compute/vm/store.ts'
import { type EngineDatabase, engineDatabase } from '../engine/test/database.ts'
import { site } from '../engine/test/site.ts'

/**
 * How long a scheduling decision takes on a cluster of rows alone: hosts and promises are written, nothing runs. It is what the database and
 * `schedule` need, without the rest of a busy engine. `ROOKERY_SCALE=2500x40000` measures another cluster.
 */
const [hosts = 500, vms = 10_000] = (process.env['ROOKERY_SCALE'] ?? '500x10000').split('x').map(Number)

let database: EngineDatabase
before(async () => {
  database = await engineDatabase()
})
after(() => database?.close())

test('how long a decision takes on a large cluster of rows', async t => {
  const { sql } = database.db
  const here = await site(database)
  await sql`insert into host (id, cluster_id, name, address, url, status, facts, facts_at)
    select gen_random_uuid(), ${here.cluster}::uuid, 'scale-' || n, 'h', 'https://scale:' || n, 'up',
           h.facts || jsonb_build_object('memory', 256 * 1073741824::bigint, 'padding', repeat('flag ', 600)), now()
      from generate_series(1, ${hosts}::int) n, host h where h.id = ${here.host}::uuid`
  await sql`insert into host_network (host_id, network_id) select h.id, ${here.network}::uuid from host h where h.name like 'scale-%'`
  await sql`insert into storage_domain_host (storage_domain_id, host_id, ok, seen_at)
    select ${here.domain}::uuid, h.id, true, now() from host h where h.name like 'scale-%'`
  await sql`insert into host_now (host_id, at, stats)
    select h.id, now(), '{"cpuUser": 0.2, "cpuSystem": 0.05, "swapTotal": 0, "swapUsed": 0}' from host h where h.name like 'scale-%'`
  await sql`insert into vm (id, project_id, cluster_id, template_id, name, config)
    select gen_random_uuid(), v.project_id, v.cluster_id, v.template_id, 'scale-' || n, v.config
      from generate_series(1, ${vms}::int) n, vm v where v.id = ${here.vm}::uuid`
  await sql`insert into vm_run (id, vm_id, host_id, config, status)
    select gen_random_uuid(), v.id, h.id, '{}', 'up'
      from (select id, row_number() over (order by id) as n from vm where name like 'scale-%') v
      join (select id, row_number() over (order by id) as n from host where name like 'scale-%') h on h.n = 1 + v.n % ${hosts}::int`
  await sql`insert into reservation (run_id, host_id, cluster_id, memory, vcpus)
    select r.id, r.host_id, ${here.cluster}::uuid, 1073741824, 1 from vm_run r join vm v on v.id = r.vm_id where v.name like 'scale-%'`
  await sql`analyze`
  const vm = await getVm(sql, here.vm)
  assert.ok(vm)
  const decide = async (): Promise<number> => {
    const began = performance.now()
    const { host } = await choose(sql, vm, { id: vm.id }, [])
    assert.match(host.name, /^scale-/)
    return performance.now() - began
  }
  const first = await decide()
  const times: number[] = []
  for (let n = 0; n < 300; n++) times.push(await decide())
  const text = `decision over ${hosts} hosts with ${vms} VMs: best ${Math.min(...times).toFixed(1)} ms, median ${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms, the first ${first.toFixed(0)} ms`
  t.diagnostic(text)
  process.stderr.write(`scale: ${text}\n`)
})
