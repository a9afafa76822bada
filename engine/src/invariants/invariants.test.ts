import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { readFile } from 'node:fs/promises'
import { type Invariant, invariants } from '@rookery/model'
import { type DomainSpec, type HostInventory, hostThings, type Task } from '@rookery/protocol'
import { AgentClient } from '@rookery/protocol/client'
import {
  aDisk,
  aDomain,
  aRunningVm,
  aSuspendedVm,
  aTransfer,
  aVm,
  indexOf,
  withoutDomain,
  withoutTransfer,
} from '../../test/entities.ts'
import { testUser } from '../../test/env.ts'
import { createWorld, type World } from '../../test/survive-world.ts'
import { until } from '../../test/until.ts'
import { ask } from '../core/call.ts'
import { json } from '../db/index.ts'
import { invariants as query } from './queries.ts'

let world: World
/** The contract of each host, as an engine that is not this one would speak it. */
let hosts: AgentClient[] = []
before(async () => {
  world = await createWorld({ hosts: 2 })
  const { cert, key, ca } = world.simulator.agentTls
  const [c = '', k = '', a = ''] = await Promise.all([cert, key, ca].map(file => readFile(file, 'utf8')))
  hosts = [0, 1].map(
    n => new AgentClient({ url: `${world.simulator.url}/hosts/${n}`, tls: { cert: c, key: k, ca: a } }),
  )
})
after(async () => {
  await Promise.all(hosts.map(host => host.close()))
  await world?.close()
})

const look = async (apartMs = 20) => (await ask(world.env, query, { apartMs })).differences
const clean = () =>
  until(async () => (await look()).length === 0, { what: 'no differences', everyMs: 100 }).catch(async () =>
    assert.deepEqual(await look(), []),
  )

const names = new Set<string>()

/** An orphan is planted, found under its name and about itself alone, and found no more when it is gone. */
function planted(
  invariant: Invariant,
  plant: () => Promise<() => Promise<unknown>>,
  beside: readonly Invariant[] = [],
): void {
  names.add(invariant)
  test(`finds a planted ${invariant}`, async () => {
    await clean()
    const remove = await plant()
    try {
      const found = await until(
        async () => {
          const all = await look()
          return all.some(each => each.invariant === invariant) ? all : undefined
        },
        { what: invariant, timeoutMs: 60_000, everyMs: 100 },
      )
      assert.deepEqual(
        found.filter(each => each.invariant !== invariant && !beside.includes(each.invariant)),
        [],
      )
    } finally {
      await remove()
    }
    await clean()
  })
}

const onHost = async (n: number, task: Task) => {
  const [host, taskId] = [hosts[n], randomUUID()]
  await host?.runTask(taskId, { jobCreatedAt: Date.now(), task })
  await host?.acknowledge([taskId])
}
const done = (task: Task) => onHost(0, task)
const domain = () => world.sql.one<{ id: string; dataCenterId: string }>`
  select id, data_center_id from storage_domain where type = 'data' and master`
const spm = async () => {
  const { dataCenterId } = await domain()
  const { epoch } = await world.sql.one<{
    epoch: number
  }>`select epoch from spm where data_center_id = ${dataCenterId}::uuid`
  return { poolId: dataCenterId, epoch }
}
const id = randomUUID

test('a world with everything in it is clean, also while it works', async () => {
  await aDisk(world)
  await aRunningVm(world)
  await aSuspendedVm(world)
  await aTransfer(world)
  await clean()
  const stop = new AbortController()
  const work = (async () => {
    while (!stop.signal.aborted) await aVm(world)
  })()
  for (let i = 0; i < 5; i++) assert.deepEqual(await look(200), [])
  stop.abort()
  await work
  await clean()
})

test('only administrators of the whole system may ask', async () => {
  const actor = await testUser(world.database)
  await assert.rejects(ask(world.engine.engine.handle.env(actor), query, {}), { code: 'invariants.forbidden' })
})

planted('volume.without_row', async () => {
  const { id: storageDomainId } = await domain()
  const volume = { storageDomainId, imageId: id(), volumeId: id() }
  const about = {
    diskId: volume.imageId,
    capacity: 4096,
    format: 'raw',
    sparse: true,
    alias: 'x',
    description: '',
    purpose: 'data',
  } as const
  await done({ kind: 'volume.create', volume, spm: await spm(), ...about })
  return async () =>
    done({ kind: 'image.remove', storageDomainId, imageId: volume.imageId, spm: await spm(), wipe: false })
})

planted('disk.without_volume', async () => {
  const { id: storageDomainId } = await domain()
  const project = await world.sql.one<{ id: string }>`select default_project_id as id from data_center limit 1`
  const [disk, volume] = [id(), id()]
  await world.sql`insert into disk (id, project_id, alias, storage_domain_id, image_id, volume_id, format, sparse, capacity, status)
    values (${disk}, ${project.id}, 'lost', ${storageDomainId}, ${disk}, ${volume}, 'raw', true, 0, 'ok')`
  await world.sql`update quota_use set used = used + 1 where scope = ${project.id}::uuid and resource = 'disks'`
  return async () => {
    await world.sql`delete from disk where id = ${disk}::uuid`
    await world.sql`update quota_use set used = used - 1 where scope = ${project.id}::uuid and resource = 'disks'`
  }
})

planted('volume.too_small', async () => {
  const disk = await aDisk(world)
  await world.sql`update disk set capacity = capacity + 4096 where id = ${disk}::uuid`
  await world.sql`update quota_use set used = used + 4096 where resource = 'disk.bytes'`
  return async () => {
    await world.sql`update disk set capacity = capacity - 4096 where id = ${disk}::uuid`
    await world.sql`update quota_use set used = used - 4096 where resource = 'disk.bytes'`
  }
})

planted('volume.illegal', async () => {
  const { diskId } = await aTransfer(world)
  await world.sql`update disk set status = 'ok' where id = ${diskId}::uuid`
  return () => world.sql`update disk set status = 'locked' where id = ${diskId}::uuid`
})

planted('memory.without_volume', async () => {
  const { vmId } = await aVm(world)
  const { id: storageDomainId } = await domain()
  await world.sql`update vm set suspended_volume = ${json({ storageDomainId, imageId: id(), volumeId: id(), hostId: id() })}::jsonb
    where id = ${vmId}::uuid`
  return () => world.sql`update vm set suspended_volume = null where id = ${vmId}::uuid`
})

planted('memory.kept', async () => {
  const { id: storageDomainId } = await domain()
  const image = id()
  await world.sql`insert into spent_memory (image_id, storage_domain_id, vm_id, vm_name, tries, retry_at, created_at)
    values (${image}, ${storageDomainId}, ${id()}, 'planted', 9, now() + interval '1 hour', now() - interval '1 hour')`
  // Removed at last, by the reconciler.
  return () => world.sql`update spent_memory set retry_at = now() where image_id = ${image}::uuid`
})

planted('domain.without_run', async () => {
  const run = { vmId: id(), runId: id() }
  await done({ kind: 'vm.create', spec: bareSpec(run) })
  return () => done({ kind: 'vm.destroy', ...run })
})

planted('run.without_domain', async () => {
  const { vmId } = await aVm(world)
  const run = id()
  const to = await world.sql.one<{ id: string; clusterId: string; incarnation: number; seq: number }>`
    select id, cluster_id, incarnation, seq from host order by name limit 1`
  await world.sql`insert into vm_run (id, vm_id, host_id, config, status, created_incarnation, created_seq)
    values (${run}, ${vmId}, ${to.id}, '{}', 'up', ${to.incarnation + 1000}, 1)`
  await world.sql`insert into reservation (run_id, host_id, cluster_id, memory, vcpus) values (${run}, ${to.id}, ${to.clusterId}, 0, 0)`
  await world.sql`update quota_use set used = used + 1 where resource = 'running.vms'`
  return async () => {
    await world.sql`delete from vm_run where id = ${run}::uuid`
    await world.sql`update quota_use set used = used - 1 where resource = 'running.vms'`
  }
})

planted('image_ticket.without_transfer', async () => {
  const disk = await aDisk(world)
  const { imageId, volumeId, capacity } = await world.sql.one<{ imageId: string; volumeId: string; capacity: number }>`
    select image_id, volume_id, capacity from disk where id = ${disk}::uuid`
  const { id: storageDomainId } = await domain()
  const ticket = id()
  await done({
    kind: 'image.ticket',
    volume: { storageDomainId, imageId, volumeId },
    spm: await spm(),
    ticket,
    ops: 'read',
    format: 'raw',
    serve: 'volume',
    size: capacity,
    expiresInSeconds: 600,
    inactivityTimeoutSeconds: 0,
    filename: null,
  })
  return () => done({ kind: 'image.ticket.end', ticket })
})

planted('console_ticket.kept', async () => {
  const { vmId } = await aVm(world)
  const ticket = id()
  await world.sql`insert into console_ticket (id, ticket_hash, vm_id, run_id, user_id, protocol, expires_at)
    values (${ticket}, ${Buffer.from(ticket)}, ${vmId}, ${id()}, ${id()}, 'vnc', now() - interval '26 hours')`
  return () => world.sql`delete from console_ticket where id = ${ticket}::uuid`
})

planted('lock.of_ended_job', async () => {
  const job = await aJob({ status: 'finished', ended: true, lock: ['vm', id()] })
  return () => without(job)
})

planted('quota.held_by_ended_job', async () => {
  const job = await aJob({ status: 'finished', ended: true })
  await world.sql`insert into quota_held (job_id, scope, resource, amount) values (${job}, ${id()}, 'disks', 1)`
  return () => without(job)
})

planted('job.stuck', async () => {
  const job = await aJob({ status: 'stuck' })
  return () => without(job)
})

planted('job.left_behind', async () => {
  const job = await aJob({ status: 'running' })
  return () => without(job)
})

planted('job.waits_for_nobody', async () => {
  const job = await aJob({ status: 'queued', waiting: true })
  return () => without(job)
})

planted('job.child_of_ended', async () => {
  const parent = await aJob({ status: 'finished', ended: true })
  const child = await aJob({ status: 'stuck', parent })
  return async () => {
    await without(child)
    await without(parent)
  }
}, ['job.stuck'])

planted('quota.differs', async () => {
  await world.sql`update quota_use set used = used + 1 where resource = 'vms'`
  return () => world.sql`update quota_use set used = used - 1 where resource = 'vms'`
})

planted('reservation.without_run', async () => {
  // The foreign key forbids it: what a database that was mended by hand may hold.
  const to = await world.sql.one<{ id: string; clusterId: string }>`select id, cluster_id from host limit 1`
  await world.sql`alter table reservation drop constraint reservation_run_id_fkey`
  const run = id()
  await world.sql`insert into reservation (run_id, host_id, cluster_id, memory, vcpus) values (${run}, ${to.id}, ${to.clusterId}, 1, 1)`
  return async () => {
    await world.sql`delete from reservation where run_id = ${run}::uuid`
    await world.sql`alter table reservation add constraint reservation_run_id_fkey foreign key (run_id) references vm_run (id) on delete cascade`
  }
})

planted('disk.locked_by_nobody', async () => {
  const disk = await aDisk(world)
  await world.sql`update disk set status = 'locked' where id = ${disk}::uuid`
  return () => world.sql`update disk set status = 'ok' where id = ${disk}::uuid`
})

planted('event.hole', async () => {
  const { position } = await world.sql.one<{ position: number }>`select max(position) as position from event`
  const lost = position - 1
  await world.sql`update event set position = -position where position = ${lost}`
  return () => world.sql`update event set position = -position where position = ${-lost}`
})

planted('reservation.elsewhere', async () => {
  const { vmId } = await aRunningVm(world)
  const run = await world.sql.one<{ id: string; hostId: string }>`
    select id, host_id from vm_run where vm_id = ${vmId}::uuid`
  const { id: other } = await world.sql.one<{ id: string }>`
    select id from host where id <> ${run.hostId}::uuid order by name limit 1`
  await world.sql`update reservation set host_id = ${other} where run_id = ${run.id}::uuid`
  return () => world.sql`update reservation set host_id = ${run.hostId} where run_id = ${run.id}::uuid`
})

planted('reservation.sum_differs', async () => {
  const { vmId } = await aRunningVm(world)
  const { hostId } = await world.sql.one<{ hostId: string }>`select host_id from vm_run where vm_id = ${vmId}::uuid`
  await world.sql`update host_promise set vms = vms + 1 where host_id = ${hostId}::uuid`
  return () => world.sql`update host_promise set vms = vms - 1 where host_id = ${hostId}::uuid`
})

planted('run.without_reservation', async () => {
  const { vmId } = await aRunningVm(world)
  const held = await world.sql.one<{
    runId: string
    hostId: string
    clusterId: string
    memory: number
    vcpus: number
  }>`
    delete from reservation where run_id = (select id from vm_run where vm_id = ${vmId}::uuid) returning *`
  await counts(held, -1)
  return async () => {
    await world.sql`insert into reservation (run_id, host_id, cluster_id, memory, vcpus)
      values (${held.runId}, ${held.hostId}, ${held.clusterId}, ${held.memory}, ${held.vcpus})`
    await counts(held, 1)
  }
})

/** The ledger as if so many runs more had what is reserved for one. */
const counts = (held: { memory: number; vcpus: number }, more: 1 | -1) => world.sql`
  update quota_use set used = used + ${more} * case resource
      when 'running.vms' then 1 when 'running.vcpus' then ${held.vcpus} else ${held.memory}::bigint end
   where resource like 'running.%'`

planted('run.unsettled', async () => {
  const { vmId } = await aVm(world)
  // Whoever finds it may not touch it: a job that is stuck has the VM.
  const job = await aJob({ status: 'stuck', lock: ['vm', vmId] })
  const run = id()
  const to = await world.sql.one<{
    id: string
    clusterId: string
  }>`select id, cluster_id from host order by name limit 1`
  const ended = { end: 'crashed', detail: null, at: new Date(Date.now() - 60_000).toISOString() }
  await world.sql`insert into vm_run (id, vm_id, host_id, config, status, ended)
    values (${run}, ${vmId}, ${to.id}, '{}', 'up', ${json(ended)})`
  await world.sql`insert into reservation (run_id, host_id, cluster_id, memory, vcpus) values (${run}, ${to.id}, ${to.clusterId}, 0, 0)`
  await world.sql`update quota_use set used = used + 1 where resource = 'running.vms'`
  // Settled at last, by the reconciler.
  return () => without(job)
}, ['job.stuck'])

planted('run.between_hosts', async () => {
  const { vmId } = await aRunningVm(world)
  // Whoever finds it may not touch it: a job that is stuck has the VM.
  const job = await aJob({ status: 'stuck', lock: ['vm', vmId] })
  const run = id()
  await world.sql`insert into vm_run (id, vm_id, host_id, incoming, config, status, created_at)
    select ${run}, r.vm_id, h.id, true, r.config, 'migrating', now() - interval '1 minute'
      from vm_run r join host h on h.id <> r.host_id where r.vm_id = ${vmId}::uuid order by h.name limit 1`
  await world.sql`insert into reservation (run_id, host_id, cluster_id, memory, vcpus)
    select r.id, r.host_id, h.cluster_id, 0, 0 from vm_run r join host h on h.id = r.host_id where r.id = ${run}::uuid`
  // Settled at last: the host says that nothing came.
  return () => without(job)
}, ['job.stuck'])

planted('storage_domain.moved_by_nobody', async () => {
  const { id: storageDomainId } = await aDomain(world)
  await world.sql`update storage_domain set status = 'detaching' where id = ${storageDomainId}::uuid`
  return async () => {
    await world.sql`update storage_domain set status = 'unattached' where id = ${storageDomainId}::uuid`
    await withoutDomain(world, storageDomainId)
  }
})

planted('transfer.without_disk', async () => {
  const [transfer, disk] = [id(), id()]
  const job = await aJob({ status: 'stuck', lock: ['image_transfer', transfer] })
  const project = await world.sql.one<{ id: string }>`select default_project_id as id from data_center limit 1`
  await world.sql`insert into image_transfer (id, disk_id, project_id, ticket, direction, format, serve, phase, size)
    values (${transfer}, ${disk}, ${project.id}, ${id()}, 'upload', 'raw', 'volume', 'paused_user', 4096)`
  return async () => {
    await world.sql`delete from image_transfer where id = ${transfer}::uuid`
    await without(job)
  }
}, ['job.stuck'])

planted('transfer.without_ticket', async () => {
  const made = await aTransfer(world)
  // A job that is stuck keeps it from being renewed, which would bring the ticket back.
  const job = await aJob({ status: 'stuck', lock: ['image_transfer', made.transferId] })
  const { ticket, hostId } = await world.sql.one<{ ticket: string; hostId: string }>`
    update image_transfer set created_at = now() - interval '1 minute', renewed_at = now() - interval '1 minute'
     where id = ${made.transferId}::uuid returning ticket, host_id`
  await onHost(await indexOf(world, hostId), { kind: 'image.ticket.end', ticket })
  return async () => {
    await without(job)
    await withoutTransfer(world, made)
  }
}, ['job.stuck'])

planted('event.unnumbered', async () => {
  // Whoever numbers events waits until this transaction ends, as for a sequencer that hangs.
  const [locked, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const held = world.database.db.transaction(async ({ sql }) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('event sequencer', 0))`
    locked.resolve()
    await release.promise
  })
  await locked.promise
  const { id: event } = await world.sql.one<{ id: number }>`
    insert into event (at, code, name, severity, message) values (now() - interval '1 hour', 1, 'planted', 'normal', 'planted')
    returning id`
  return async () => {
    await world.sql`delete from event where id = ${event}`
    release.resolve()
    await held
  }
})

/** What a host tells, changed: for what no pretended host can be brought to do. The agent's own suite plants such things for real. */
function told(invariant: Invariant, change: (said: HostInventory) => HostInventory): void {
  planted(invariant, async () => {
    const hosts = world.env.hosts as { client: NonNullable<typeof world.env.hosts>['client'] }
    const before = hosts.client
    hosts.client = async hostId => {
      const client = await before(hostId)
      return { inventory: async (...args) => change(await client.inventory(...args)) }
    }
    return async () => void (hosts.client = before)
  })
}

const longAgo = (at: number) => at - 60_000
const task = { id: randomUUID(), kind: 'vm.create' }
const run = { vmId: randomUUID(), runId: randomUUID() }
const network = randomUUID()
told('task.unacknowledged', said => ({
  ...said,
  tasks: { ...said.tasks, unacknowledged: [{ ...task, endedAt: longAgo(said.at) }] },
}))
told('task.running_for_nobody', said => ({ ...said, tasks: { ...said.tasks, running: [task] } }))
told('task.acknowledged_running', said => ({ ...said, tasks: { ...said.tasks, acknowledgedRunning: [task] } }))
told('console.open_too_long', said => ({
  ...said,
  consoles: [{ runId: run.runId, mode: 'listen', expiresAt: longAgo(said.at) }],
}))
told('run.not_reported', said => ({ ...said, runs: said.runs.slice(0, -1) }))
told('run.reported_without_domain', said => ({ ...said, runs: [...said.runs, run] }))
told('network.unknown_on_host', said => ({ ...said, networks: [...said.networks, network] }))
told('network.missing_on_host', said => ({ ...said, networks: [] }))
told('storage_domain.unknown_on_host', said => ({
  ...said,
  storage: [...said.storage, { storageDomainId: network, poolId: null }],
}))
told('storage_domain.other_pool', said => ({
  ...said,
  storage: said.storage.map(each => ({ ...each, poolId: network })),
}))
told('storage_domain.not_connected', said => ({ ...said, storage: [] }))
for (const kind of hostThings) {
  const thing = { kind, name: 'planted', about: null }
  const [found, missing] = [`${kind}.found`, `${kind}.missing`]
  if (found in invariants) told(found as Invariant, said => ({ ...said, found: [thing] }))
  if (missing in invariants) told(missing as Invariant, said => ({ ...said, missing: [thing] }))
}

test('a host that counts as up and does not answer is a difference', async () => {
  await world.simulator.fault(1, { kind: 'refuse' })
  try {
    const found = await look()
    assert.deepEqual([...new Set(found.map(each => each.invariant))], ['host.unreadable'])
  } finally {
    await world.simulator.clearFaults(1)
  }
  await clean()
})

test('every invariant was planted', () => {
  // A host that does not answer has a test of its own, above.
  const missing = Object.keys(invariants).filter(name => !names.has(name) && name !== 'host.unreadable')
  assert.deepEqual(missing, [])
})

/** A job as a row alone, of a kind that no engine knows; it may have a lock. */
async function aJob(o: {
  status: string
  ended?: boolean
  waiting?: boolean
  parent?: string
  lock?: readonly [kind: string, id: string]
}): Promise<string> {
  const job = randomUUID()
  await world.sql`insert into job (id, kind, version, input, status, root_id, parent_id, description, waiting, ended_at, updated_at)
    values (${job}, 'planted', 1, '{}', ${o.status}, ${job}, ${o.parent ?? null}::uuid, 'planted', ${o.waiting === true},
            case when ${o.ended === true} then now() end, now() - interval '1 hour')`
  if (o.lock !== undefined)
    await world.sql`insert into job_lock (kind, entity_id, mode, job_id) values (${o.lock[0]}, ${o.lock[1]}, 'exclusive', ${job})`
  return job
}

const without = (job: string) => world.sql`delete from job where id = ${job}::uuid`

/** A guest without disks, that this engine never asked for. */
const bareSpec = (run: { vmId: string; runId: string }): DomainSpec => ({
  ...run,
  engineId: randomUUID(),
  name: 'planted',
  memory: 2 ** 28,
  maxMemory: 2 ** 28,
  guaranteedMemory: 2 ** 28,
  ballooning: false,
  cpu: { sockets: 1, cores: 1, threads: 1, model: null },
  machine: 'q35',
  firmware: 'bios',
  boot: ['hd'],
  bootMenu: false,
  disks: [],
  cdrom: { medium: null },
  seed: null,
  nics: [],
  graphics: ['vnc'],
  keyboardLayout: null,
  serialConsole: true,
  clockOffsetSeconds: null,
  startPaused: false,
  restoreFrom: null,
  guestAgentGraceSeconds: 60,
})
