import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { MiB } from '@rookery/model'
import { add as addVm, remove as removeVm, start as startVm, stop as stopVm } from '../src/compute/vm/operations.ts'
import { call } from '../src/core/call.ts'
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
