import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { MiB } from '@rookery/model'
import { startWorld, type World } from '../../../test/small-world.ts'
import { until } from '../../../test/until.ts'
import { ask, call, readCtx } from '../../core/call.ts'
import { list as listClusters } from '../../inventory/cluster/queries.ts'
import { list as listDataCenters } from '../../inventory/data-center/queries.ts'
import { waitForJob } from '../../jobs/index.ts'
import { quotaDifferences } from '../../metering/quota.ts'
import { list as listProfiles } from '../../network/vnic-profile/queries.ts'
import * as disk from '../../storage/disk/operations.ts'
import { list as listDisks } from '../../storage/disk/queries.ts'
import { list as listDomains } from '../../storage/domain/queries.ts'
import { update as updateCdrom } from '../cdrom/operations.ts'
import { ticketsReconciler } from '../console/reconcile.ts'
import { ticket } from '../console/ticket.ts'
import * as attachment from '../disk-attachment/operations.ts'
import { list as listNics, reportedDevices } from '../nic/queries.ts'
import * as nic from '../nic/operations.ts'
import * as vm from './operations.ts'
import { list as listVms } from './queries.ts'
import type { VmRow } from './types.ts'

let world: World
before(async () => {
  world = await startWorld()
})
after(() => world.stop())

const theVm = async (id: string): Promise<VmRow> => {
  const [row] = await ask(world.env, listVms, { ids: [id] })
  assert.ok(row)
  return row
}
const reaches = (id: string, status: string) =>
  until(async () => (await theVm(id)).status === status, { what: `the VM to be ${status}` })
const done = async ({ jobId }: { jobId: string | null }) => {
  assert.ok(jobId)
  const row = await waitForJob(world.env, jobId, { timeoutMs: 60_000 })
  assert.equal(row.status, 'finished', JSON.stringify(row.error))
}

async function vmWithDisk(name: string): Promise<{ id: string; diskId: string }> {
  const [cluster] = await ask(world.env, listClusters, {})
  const domains = await ask(world.env, listDomains, {})
  const data = domains.find(domain => domain.type === 'data')
  assert.ok(cluster && data)
  const made = await call(world.env, vm.add, {
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
  await done(made)
  const [row] = await ask(world.env, listDisks, { vmIds: [made.id] })
  assert.equal(row?.status, 'ok')
  return { id: made.id, diskId: row.id }
}

test('a fresh installation has a data center that is up, with its storage active', async () => {
  const [dataCenter] = await ask(world.env, listDataCenters, {})
  assert.equal(dataCenter?.name, 'Default')
  assert.equal(dataCenter.status, 'up')
  const domains = await ask(world.env, listDomains, {})
  assert.deepEqual(domains.map(d => [d.type, d.status, d.master]).sort(), [
    ['data', 'active', true],
    ['iso', 'active', false],
  ])
  const [cluster] = await ask(world.env, listClusters, {})
  assert.match(cluster?.cpuType ?? '', /Intel|AMD/)
})

test('a VM is made, starts, tells its address, and is stopped and removed', async () => {
  const { id } = await vmWithDisk('web1')
  const [profile] = await ask(world.env, listProfiles, {})
  await call(world.env, nic.add, {
    vmId: id,
    name: 'nic1',
    interface: 'virtio',
    vnicProfileId: profile?.id ?? null,
    linked: true,
    plugged: true,
  })
  assert.equal((await theVm(id)).status, 'down')
  await done(await call(world.env, vm.start, { id }))
  await reaches(id, 'up')
  const [card] = await ask(world.env, listNics, { vmIds: [id] })
  assert.match(card?.mac ?? '', /^56:6f:/)
  await until(async () => (await ask(world.env, reportedDevices, { vmIds: [id] })).some(d => d.addresses.length > 0), {
    what: 'an address',
  })
  await assert.rejects(call(world.env, vm.start, { id }), { code: 'vm.start.not_allowed' })
  await assert.rejects(call(world.env, vm.remove, { id, detachOnly: false, force: false }), {
    code: 'vm.remove.not_allowed',
  })
  await done(await call(world.env, vm.stop, { id, reason: '' }))
  await reaches(id, 'down')
  await done(await call(world.env, vm.remove, { id, detachOnly: false, force: false }))
  assert.deepEqual(await ask(world.env, listVms, { ids: [id] }), [])
  assert.deepEqual(await quotaDifferences(world.database.db.sql), [])
})

test('a guest that shuts down by itself is settled, and what waited comes into force', async () => {
  const { id } = await vmWithDisk('web2')
  await done(await call(world.env, vm.start, { id }))
  await reaches(id, 'up')
  assert.deepEqual(await call(world.env, vm.update, { id, nextRun: false, config: { memory: 512 * MiB } }), {
    id,
    nextRun: true,
  })
  assert.equal((await theVm(id)).config.memory, 256 * MiB)
  await done(await call(world.env, vm.shutdown, { id, reason: '' }))
  await reaches(id, 'down')
  assert.equal((await theVm(id)).config.memory, 512 * MiB)
  assert.deepEqual(await quotaDifferences(world.database.db.sql), [])
})

test('a suspended VM goes on from its memory', async () => {
  const { id } = await vmWithDisk('web3')
  await done(await call(world.env, vm.start, { id }))
  await reaches(id, 'up')
  await done(await call(world.env, vm.suspend, { id }))
  assert.equal((await theVm(id)).status, 'suspended')
  await done(await call(world.env, vm.start, { id }))
  await reaches(id, 'up')
  await done(await call(world.env, vm.stop, { id, reason: '' }))
})

test('a CD that was put into a running guest is in its drive after suspending, and one that was taken out is not', async () => {
  const { id } = await vmWithDisk('web6')
  const [iso] = (await ask(world.env, listDomains, {})).filter(d => d.type === 'iso')
  assert.ok(iso)
  const cdrom = { storageDomainId: iso.id, file: 'tiny.iso' }
  await done(await call(world.env, vm.start, { id }))
  await reaches(id, 'up')
  const sleeps = async () => {
    await done(await call(world.env, vm.suspend, { id }))
    await done(await call(world.env, vm.start, { id }))
    await reaches(id, 'up')
    const { runId, runMedium } = await theVm(id)
    return [runMedium, world.sim.host(0).runs.get(runId ?? '')?.spec.cdrom.medium]
  }
  await done(await call(world.env, updateCdrom, { vmId: id, file: 'tiny.iso', current: true }))
  assert.deepEqual(await sleeps(), [cdrom, cdrom])
  // What is stored is for the next start from nothing; memory goes on with what its guest had.
  await call(world.env, updateCdrom, { vmId: id, file: 'tiny.iso', current: false })
  await done(await call(world.env, updateCdrom, { vmId: id, file: null, current: true }))
  assert.deepEqual(await sleeps(), [null, null])
  await done(await call(world.env, vm.stop, { id, reason: '' }))
  await done(await call(world.env, vm.start, { id }))
  assert.deepEqual((await theVm(id)).runMedium, cdrom)
  await done(await call(world.env, vm.stop, { id, reason: '' }))
})

test('console tickets go a day after their time', async () => {
  const { id } = await vmWithDisk('web7')
  await done(await call(world.env, vm.start, { id }))
  await reaches(id, 'up')
  const { sql } = world.database.db
  const take = async (expiredHoursAgo: number) => {
    const taken = await call(world.env, ticket, { vmId: id, protocol: 'vnc', mode: 'stream', expiresInSeconds: 60 })
    await sql`update console_ticket set expires_at = now() - make_interval(hours => ${expiredHoursAgo}) where id = ${taken.id}::uuid`
    return taken.id
  }
  const [old, recent] = [await take(25), await take(23)]
  await ticketsReconciler.run(readCtx(world.env))
  const left = await sql<{ id: string }>`select id from console_ticket where id = any (${[old, recent]}::uuid[])`
  assert.deepEqual(left, [{ id: recent }])
  await done(await call(world.env, vm.stop, { id, reason: '' }))
})

test('run once is for one run only', async () => {
  const { id } = await vmWithDisk('web4')
  const [iso] = (await ask(world.env, listDomains, {})).filter(d => d.type === 'iso')
  assert.ok(iso)
  const cdrom = { storageDomainId: iso.id, file: 'tiny.iso' }
  await done(await call(world.env, vm.start, { id, pause: true, runOnce: { boot: ['cdrom', 'hd'], cdrom } }))
  await reaches(id, 'paused')
  const running = await theVm(id)
  assert.deepEqual([running.runOnce, running.runOverlay?.boot], [true, ['cdrom', 'hd']])
  assert.deepEqual(running.runMedium, cdrom)
  await done(await call(world.env, vm.start, { id }))
  await reaches(id, 'up')
  await done(await call(world.env, vm.stop, { id, reason: '' }))
  await done(await call(world.env, vm.start, { id }))
  assert.equal((await theVm(id)).runOnce, false)
  await done(await call(world.env, vm.stop, { id, reason: '' }))
})

test('disks and cards are plugged into a running guest and pulled out again', async () => {
  const { id } = await vmWithDisk('web5')
  await done(await call(world.env, vm.start, { id }))
  await reaches(id, 'up')
  const [first] = await ask(world.env, listDisks, { vmIds: [id] })
  assert.ok(first)
  const extra = await call(world.env, disk.add, {
    capacity: 32 * MiB,
    format: 'raw',
    sparse: true,
    storageDomainId: first.storageDomainId,
  } as never)
  await done(extra)
  const plugged = await call(world.env, attachment.add, {
    vmId: id,
    diskId: extra.id,
    interface: 'virtio',
    bootable: false,
    active: true,
    readOnly: false,
    passDiscard: false,
  })
  await done(plugged)
  await assert.rejects(call(world.env, attachment.remove, { vmId: id, diskId: extra.id, detachOnly: true }), {
    code: 'disk_attachment.in_use',
  })
  await done(await call(world.env, attachment.update, { vmId: id, diskId: extra.id, active: false }))
  await call(world.env, attachment.remove, { vmId: id, diskId: extra.id, detachOnly: true })
  const card = await call(world.env, nic.add, {
    vmId: id,
    name: 'nic1',
    interface: 'virtio',
    vnicProfileId: null,
    linked: true,
    plugged: true,
  })
  await done(card)
  await done(await call(world.env, nic.update, { vmId: id, id: card.id, plugged: false }))
  await done(await call(world.env, vm.stop, { id, reason: '' }))
})

test('names are taken once in a data center', async () => {
  await vmWithDisk('twin')
  await assert.rejects(vmWithDisk('TWIN'), { code: 'vm.name_taken', kind: 'conflict' })
})

test('no VM and no disk was ever used twice', () => {
  assert.deepEqual(world.sim.violations, [])
})
