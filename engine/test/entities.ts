import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { MiB } from '@rookery/model'
import {
  add as addVm,
  remove as removeVm,
  start as startVm,
  stop as stopVm,
  suspend as suspendVm,
} from '../src/compute/vm/operations.ts'
import { call } from '../src/core/call.ts'
import * as domains from '../src/storage/domain/operations.ts'
import * as transfers from '../src/storage/transfer/operations.ts'
import { add as addDisk, remove as removeDisk } from '../src/storage/disk/operations.ts'
import type { World } from './survive-world.ts'
import { until } from './until.ts'

/** Waits for the job of an answer, if there is one, to finish. */
export async function finished(world: World, answer: { jobId?: string | null }): Promise<void> {
  if (answer.jobId == null) return
  const row = await world.ended(answer.jobId)
  assert.equal(row.status, 'finished', JSON.stringify(row.error))
}

/** The data domain that a world has from the start. */
export const dataDomain = (world: World): Promise<{ id: string; dataCenterId: string }> =>
  world.sql.one`select id, data_center_id from storage_domain where type = 'data' and master`

/** A disk of 1 MiB that is ok. */
export async function aDisk(world: World, format: 'raw' | 'qcow2' = 'raw'): Promise<string> {
  const { id: storageDomainId } = await dataDomain(world)
  const made = await call(world.env, addDisk, { capacity: MiB, format, sparse: true, storageDomainId })
  await finished(world, made)
  return made.id
}

/** A VM that is down, with one disk to boot from. */
export async function aVm(world: World): Promise<{ vmId: string; diskId: string; name: string }> {
  const diskId = await aDisk(world)
  const { id: clusterId } = await world.sql.one<{ id: string }>`select id from cluster order by created_at limit 1`
  const name = `vm-${randomUUID().slice(0, 8)}`
  const disks = [{ diskId, bootable: true, active: true }]
  const made = await call(world.env, addVm, { name, clusterId, config: { memory: 64 * MiB }, disks })
  await finished(world, made)
  return { vmId: made.id, diskId, name }
}

/** A VM whose guest is up. */
export async function aRunningVm(world: World): Promise<{ vmId: string; diskId: string; name: string }> {
  const vm = await aVm(world)
  await finished(world, await call(world.env, startVm, { id: vm.vmId }))
  await until(async () => (await statusOf(world, vm.vmId)) === 'up', { what: 'the guest to be up' })
  return vm
}

/** A VM whose guest was started and stands still before its first instruction. */
export async function aPausedVm(world: World): Promise<{ vmId: string; diskId: string; name: string }> {
  const vm = await aVm(world)
  await finished(world, await call(world.env, startVm, { id: vm.vmId, pause: true }))
  await until(async () => (await statusOf(world, vm.vmId)) === 'paused', { what: 'the guest to be paused' })
  return vm
}

/** A VM whose memory is on storage. */
export async function aSuspendedVm(world: World): Promise<{ vmId: string; diskId: string; name: string }> {
  const vm = await aRunningVm(world)
  await finished(world, await call(world.env, suspendVm, { id: vm.vmId }))
  return vm
}

/** The status of a VM; undefined when it is gone. */
export async function statusOf(world: World, vmId: string): Promise<string | undefined> {
  return (await world.sql.maybe<{ status: string }>`select status from vm_view where id = ${vmId}::uuid`)?.status
}

/** The status of a disk; undefined when it is gone. */
export async function diskStatusOf(world: World, diskId: string): Promise<string | undefined> {
  return (await world.sql.maybe<{ status: string }>`select status from disk where id = ${diskId}::uuid`)?.status
}

/** Takes a VM away, whatever it does, with its disks. */
export async function withoutVm(world: World, { vmId }: { vmId: string }): Promise<void> {
  world.mischief.failing.clear()
  const status = await statusOf(world, vmId)
  if (status === undefined) return
  if (status !== 'down') await finished(world, await call(world.env, stopVm, { id: vmId, reason: '' }))
  await until(async () => (await statusOf(world, vmId)) === 'down', { what: 'the VM to be down' })
  await finished(world, await call(world.env, removeVm, { id: vmId, detachOnly: false, force: false }))
}

/** Takes a disk away. */
export async function withoutDisk(world: World, diskId: string): Promise<void> {
  world.mischief.failing.clear()
  if ((await diskStatusOf(world, diskId)) !== undefined)
    await finished(world, await call(world.env, removeDisk, { id: diskId }))
}

/** The id of the newest job of a kind whose input has this value, waiting for it to be started by whoever does. */
export async function jobAbout(world: World, kind: string, key: string, value: string): Promise<string> {
  const find = () => world.sql.maybe<{ id: string }>`
    select id from job where kind = ${kind} and input ->> ${key} = ${value} order by created_at desc limit 1`
  return (await until(find, { what: `a job ${kind}` })).id
}

/** A host that is up; which one is the same each time. */
export const aHost = (world: World): Promise<{ id: string; name: string }> =>
  world.sql.one`select id, name from host where status = 'up' order by name limit 1`

/** The place of a host in the simulator. */
export async function indexOf(world: World, hostId: string): Promise<number> {
  const { url } = await world.sql.one<{ url: string }>`select url from host where id = ${hostId}::uuid`
  return Number(/(\d+)\/?$/.exec(url)?.[1])
}

/** A storage domain of its own, beside those of the world, as far on its way as is asked. */
export async function aDomain(
  world: World,
  upTo: 'unattached' | 'active' | 'maintenance' = 'unattached',
): Promise<{ id: string; name: string }> {
  const name = `data-${randomUUID().slice(0, 8)}`
  const { id: hostId } = await aHost(world)
  const { dataCenterId } = await dataDomain(world)
  const connection = { type: 'localfs' as const, path: `/pretended/${name}` }
  const made = await call(world.env, domains.add, { name, type: 'data', hostId, connection })
  await finished(world, made)
  const { id } = made
  if (upTo !== 'unattached') await finished(world, await call(world.env, domains.attach, { id, dataCenterId }))
  if (upTo === 'maintenance') await finished(world, await call(world.env, domains.deactivate, { id, force: false }))
  return { id, name }
}

/** The status of a storage domain; undefined when it is gone. */
export async function domainStatusOf(world: World, id: string): Promise<string | undefined> {
  return (await world.sql.maybe<{ status: string }>`select status from storage_domain where id = ${id}::uuid`)?.status
}

/** Takes a storage domain away with its files, wherever it is on its way. */
export async function withoutDomain(world: World, id: string): Promise<void> {
  world.mischief.failing.clear()
  const is = (...wanted: string[]) => domainStatusOf(world, id).then(status => wanted.includes(status ?? ''))
  if (await is('active', 'inactive'))
    await finished(world, await call(world.env, domains.deactivate, { id, force: false }))
  if (await is('maintenance')) await finished(world, await call(world.env, domains.detach, { id }))
  if (!(await is('unattached'))) return assert.equal(await domainStatusOf(world, id), undefined)
  const { id: hostId } = await aHost(world)
  await finished(world, await call(world.env, domains.remove, { id, hostId, format: true, destroy: false }))
}

/** A disk and a transfer of it that a client could use now. */
export async function aTransfer(
  world: World,
  direction: 'upload' | 'download' = 'upload',
): Promise<{ transferId: string; diskId: string }> {
  const diskId = await aDisk(world)
  const made = await call(world.env, transfers.add, {
    diskId,
    direction,
    inactivityTimeout: 0,
    timeoutPolicy: 'legacy',
  })
  await finished(world, made)
  return { transferId: made.id, diskId }
}

/** The phase of a transfer. */
export async function phaseOf(world: World, transferId: string): Promise<string> {
  return (await world.sql.one<{ phase: string }>`select phase from image_transfer where id = ${transferId}::uuid`).phase
}

/** Takes a transfer away, whatever its phase, with its disk. */
export async function withoutTransfer(world: World, o: { transferId: string; diskId: string }): Promise<void> {
  world.mischief.failing.clear()
  const { endedAt } = await world.sql.one<{ endedAt: Date | null }>`
    select ended_at from image_transfer where id = ${o.transferId}::uuid`
  if (endedAt === null) await finished(world, await call(world.env, transfers.cancel, { id: o.transferId }))
  await withoutDisk(world, o.diskId)
}
