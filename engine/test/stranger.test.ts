import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { RookeryError } from '@rookery/model'
import { ask } from '../src/core/call.ts'
import { type Env, systemActor } from '../src/core/ctx.ts'
import type { Query } from '../src/core/query.ts'
import { registry } from '../src/core/registry.ts'
import { json } from '../src/db/index.ts'
import { allDomains } from '../src/domains.ts'
import { type EngineDatabase, engineDatabase } from './database.ts'
import { testEnv, testUser } from './env.ts'
import { giveRole } from './permission.ts'
import { type Site, site } from './site.ts'

let database: EngineDatabase
let here: Site
before(async () => {
  database = await engineDatabase()
  here = await site(database)
  // What the host's agent tells of its CPU, and numbers for the charts.
  await database.db.sql`
    update host set facts = facts || ${json({
      cpu: {
        architecture: 'x86_64',
        vendor: 'GenuineIntel',
        model: 'A processor',
        guestModel: 'Nehalem',
        flags: ['nx', 'sse2'],
        sockets: 1,
        cores: 1,
        threads: 1,
        mhz: 1000,
      },
      acceleration: { kind: 'tcg', reason: 'pretended' },
    })}::jsonb where id = ${here.host}::uuid`
  const [group, label] = [randomUUID(), randomUUID()]
  await database.db
    .sql`insert into affinity_group (id, cluster_id, name) values (${group}, ${here.cluster}::uuid, 'together')`
  await database.db.sql`insert into affinity_label (id, name) values (${label}, 'labelled')`
  await database.db.sql`insert into affinity_label_vm (label_id, vm_id) values (${label}, ${here.vm}::uuid)`
  await database.db.sql`
    insert into fence_agent (id, host_id, position, type, address, username, password)
    values (${randomUUID()}, ${here.host}::uuid, 1, 'ipmilan', 'ipmi.example', 'root', 'sealed')`
  await database.db.sql`
    insert into sample (host_id, at, cpu, memory_used, vm_ids, vm_cpu, vm_memory, vm_rx, vm_tx, vm_read, vm_write, vm_read_ops, vm_write_ops)
    values (${here.host}, now(), 0.5, 1, ${[here.runningVm]}::uuid[], '{0.5}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}')`
})
after(() => database.close())

/** What to ask queries that do not answer to an empty input. */
const inputs = (s: Site): Record<string, unknown> => {
  const vmIds = [s.vm, s.runningVm]
  const range = { from: Date.now() - 3_600_000, to: Date.now() + 60_000 }
  return {
    'vm.now': { ids: vmIds },
    'host.now': { ids: [s.host] },
    'vm.history': { id: s.runningVm, ...range },
    'host.history': { id: s.host, ...range },
    'cdrom.list': { vmIds },
    'console.list': { vmIds },
    'vm.reportedDevices': { vmIds },
    'vm.statistics': { ids: vmIds },
    'host.statistics': { ids: [s.host] },
    'disk.statistics': { ids: [s.busyDisk] },
    'nic.statistics': { ids: [s.nic] },
    'tag.assignments': { objectKind: 'vm' },
    'job.steps': { jobId: s.vm },
    'host.drainPlan': { id: s.host },
    'host.fingerprint': { address: 'machine', clusterId: s.cluster },
    'cluster.cpu': { id: s.cluster },
    'cluster.now': { ids: [s.cluster] },
    'cluster.plan': { id: s.cluster },
    'vm.explain': { id: s.vm },
  }
}

/** Answers that are about the asker himself, who is also the one user in the summary. */
const own = new Set(['user.self', 'user.list', 'user.search', 'inventory.summary'])
/** What every Rookery has, told to everybody who is signed in; what people made of its kind is the next tests' matter. */
const product = new Set(['schedulingPolicy.list', 'schedulingPolicy.units'])
/** Labels that whoever has any permission may read. */
const common = new Set(['role.list', 'tag.list', 'template.list', 'template.search', 'permission.list', 'user.list'])

/** Whether an answer tells of nothing: empty lists, sums of nothing, and the like one below the other. */
function isNothing(answer: unknown): boolean {
  if (typeof answer === 'object' && answer !== null) return Object.values(answer).every(isNothing)
  return answer === null || answer === 0
}

/** The answer, or undefined where what is asked for is refused like something that is not there or not for everybody. */
const answerOf = async (env: Env, query: Query, s: Site): Promise<unknown> =>
  ask(env, query, inputs(s)[query.name] ?? {}).catch((error: unknown) => {
    if (error instanceof RookeryError && ['notFound', 'forbidden'].includes(error.kind)) return null
    throw error
  })

test('whoever holds no permission is shown nothing by any query', async () => {
  const stranger = testEnv(database, await testUser(database))
  for (const query of registry(await allDomains()).queries.values()) {
    if (own.has(query.name) || product.has(query.name)) continue
    const answer = await answerOf(stranger, query, here)
    assert.ok(isNothing(answer), `${query.name} shows ${JSON.stringify(answer)}`)
  }
})

test('whoever holds a permission elsewhere is shown nothing of this place', async () => {
  const other = await site(database)
  const user = await testUser(database)
  for (const id of [other.dataCenter, other.bareDataCenter])
    await giveRole(database, user.userId, ['run_vm'], { kind: 'data_center', id })
  const answers: unknown[] = []
  for (const query of registry(await allDomains()).queries.values())
    if (!common.has(query.name)) answers.push(await answerOf(testEnv(database, user), query, here))
  const text = JSON.stringify(answers)
  const told = Object.entries(here).filter(([, id]) => text.includes(id))
  assert.deepEqual(told, [])
  assert.ok(text.includes(other.vm), 'his own place is shown')
})

test('the engine itself is shown something by every query of the domains', async () => {
  for (const module of (await allDomains()).filter(({ name }) => name !== 'identity'))
    for (const query of module.queries) {
      const answer = await answerOf(testEnv(database, systemActor), query, here)
      assert.ok(!isNothing(answer), `${query.name} shows nothing, so the tests above mean nothing`)
    }
})
