import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { MiB } from '@rookery/model'
import { startWorld, type World } from '../../../test/small-world.ts'
import { until } from '../../../test/until.ts'
import * as vm from '../../compute/vm/operations.ts'
import { list as listVms } from '../../compute/vm/queries.ts'
import { type CountedRun, nameUnknownRuns } from '../../compute/vm/unknown-runs.ts'
import { ask, call, inTransaction } from '../../core/call.ts'
import { list as listDomains } from '../../storage/domain/queries.ts'
import { list as listClusters } from '../cluster/queries.ts'
import { waitForJob } from '../../jobs/index.ts'

let world: World
before(async () => {
  world = await startWorld()
})
after(() => world.stop())

async function runningVm(name: string): Promise<string> {
  const [cluster] = await ask(world.env, listClusters, {})
  const data = (await ask(world.env, listDomains, {})).find(domain => domain.type === 'data')
  assert.ok(cluster && data)
  const done = async (jobId: string | null) => {
    assert.ok(jobId)
    const row = await waitForJob(world.env, jobId, { timeoutMs: 60_000 })
    assert.equal(row.status, 'finished', JSON.stringify(row.error))
  }
  const { id, jobId } = await call(world.env, vm.add, {
    name,
    clusterId: cluster.id,
    templateId: '00000000-0000-0000-0000-000000000000',
    description: '',
    comment: '',
    config: { memory: 256 * MiB },
    disks: [
      {
        disk: { capacity: 64 * MiB, format: 'qcow2', storageDomainId: data.id } as never,
        interface: 'virtio',
        bootable: true,
        readOnly: false,
        passDiscard: false,
      },
    ],
  })
  await done(jobId)
  await done((await call(world.env, vm.start, { id })).jobId)
  return id
}

test('how a run ended while the host was not heard is learnt from the next listing', async () => {
  const id = await runningVm('missed')
  world.sim.fault(0, { kind: 'silent' })
  world.sim.fault(0, { kind: 'guest-crash' })
  world.sim.clearFaults(0)
  await until(async () => (await ask(world.env, listVms, { ids: [id] }))[0]?.status === 'down', {
    what: 'the VM to be down',
  })
  const events = await world.database.db.sql<{ name: string; message: string }>`
    select name, message from event where name like 'vm.down%' and refs @> ${`[{"id": "${id}"}]`}::jsonb`
  assert.deepEqual(
    events.map(event => event.name),
    ['vm.down.error'],
  )
  assert.match(events[0]?.message ?? '', /The guest was made to crash/)
})

test('a run that the engine does not know is named once, when it is met twice, and left alone', async () => {
  const known = await runningVm('known')
  const { sql } = world.database.db
  const host = await sql.one<{ id: string; name: string }>`select id, name from host limit 1`
  const { id: runId } = await sql.one<{ id: string }>`select id from vm_run where vm_id = ${known}::uuid`
  const nobody = { runId: randomUUID(), vmId: randomUUID() }
  // A start of `known` that was forgotten: the engine thinks that it is down.
  const forgotten = { runId: randomUUID(), vmId: known }
  let seen: readonly CountedRun[] = []
  const look = async (...runs: { runId: string; vmId: string }[]) => {
    const known = (run: CountedRun) => seen.some(each => each.runId === run.runId)
    const counted = runs.map(run => ({ hostId: host.id, ...run }))
    seen = await inTransaction(world.env, ctx => nameUnknownRuns(ctx, counted, known))
  }
  const told = () => sql<{ message: string; severity: string }>`
    select message, severity from event where name = 'host.unknown_run' order by message`
  await look({ runId, vmId: known }, nobody)
  await look({ runId, vmId: known })
  await look(nobody)
  assert.deepEqual(await told(), [], 'numbers may be older than the end of a run')
  for (const _ of [1, 2, 3]) await look({ runId, vmId: known }, nobody, forgotten)
  const events = await told()
  assert.deepEqual(
    events.map(event => event.severity),
    ['alert', 'alert'],
  )
  for (const name of ['known', nobody.vmId])
    assert.ok(
      events.some(event => event.message.startsWith(`Host ${host.name} runs VM ${name} `)),
      name,
    )
})
