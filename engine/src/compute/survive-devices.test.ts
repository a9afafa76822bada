import assert from 'node:assert/strict'
import { aDisk, aRunningVm, finished, withoutDisk, withoutVm } from '../../test/entities.ts'
import { jobSurvives } from '../../test/survive.ts'
import type { World } from '../../test/survive-world.ts'
import { call } from '../core/call.ts'
import { changeCd } from './cdrom/change.ts'
import { update as updateCdrom } from './cdrom/operations.ts'
import { openConsole } from './console/open.ts'
import { ticket } from './console/ticket.ts'
import * as attachment from './disk-attachment/operations.ts'
import { plugDisk, unplugDisk } from './disk-attachment/plug.ts'
import * as nic from './nic/operations.ts'
import { plugNic, unplugNic } from './nic/plug.ts'

interface OnVm {
  vmId: string
}

/** What the host has plugged into the guest of a VM. */
async function guestHas(world: World, vmId: string): Promise<{ disks: string[]; nics: string[]; medium: unknown }> {
  for (let n = 0; n < world.simulator.hosts; n++) {
    const run = (await world.simulator.look(n)).runs.find(each => each.vmId === vmId)
    if (run !== undefined) return run
  }
  throw new Error(`no host runs VM ${vmId}`)
}

interface WithDisk extends OnVm {
  second: string
}

async function withSecondDisk(world: World, active: boolean): Promise<WithDisk> {
  const { vmId } = await aRunningVm(world)
  const second = await aDisk(world)
  await finished(world, await call(world.env, attachment.add, { vmId, diskId: second, ...bare, active }))
  return { vmId, second }
}
const bare = { interface: 'virtio' as const, bootable: false, readOnly: false, passDiscard: false }

/** Row and guest say the same of the second disk. */
const plugged = (want: boolean) => async (world: World, i: WithDisk) => {
  const { active } = await world.sql.one<{ active: boolean }>`
    select active from disk_attachment where vm_id = ${i.vmId}::uuid and disk_id = ${i.second}::uuid`
  const { disks } = await guestHas(world, i.vmId)
  assert.deepEqual({ active, plugged: disks.includes(i.second) }, { active: want, plugged: want })
}

const withoutBoth = async (world: World, i: WithDisk) => {
  await withoutVm(world, i)
  await withoutDisk(world, i.second)
}

jobSurvives(plugDisk, {
  given: world => withSecondDisk(world, false),
  start: async (world, i) =>
    (await call(world.env, attachment.update, { vmId: i.vmId, diskId: i.second, active: true })).jobId ?? '',
  afterDone: plugged(true),
  afterUndo: plugged(false),
  cleanup: withoutBoth,
})

jobSurvives(unplugDisk, {
  given: world => withSecondDisk(world, true),
  start: async (world, i) =>
    (await call(world.env, attachment.update, { vmId: i.vmId, diskId: i.second, active: false })).jobId ?? '',
  afterDone: plugged(false),
  afterUndo: plugged(true),
  cleanup: withoutBoth,
})

interface WithNic extends OnVm {
  nicId: string
}

async function withNic(world: World, isPlugged: boolean): Promise<WithNic> {
  const { vmId } = await aRunningVm(world)
  const { id: vnicProfileId } = await world.sql.one<{
    id: string
  }>`select id from vnic_profile where name = 'ovirtmgmt'`
  const made = await call(world.env, nic.add, {
    vmId,
    name: 'nic1',
    interface: 'virtio',
    vnicProfileId,
    linked: true,
    plugged: isPlugged,
  })
  await finished(world, made)
  return { vmId, nicId: made.id }
}

/** Row and guest say the same of the card. */
const cardPlugged = (want: boolean) => async (world: World, i: WithNic) => {
  const row = await world.sql.one<{
    mac: string
    plugged: boolean
  }>`select mac, plugged from nic where id = ${i.nicId}::uuid`
  const { nics } = await guestHas(world, i.vmId)
  assert.deepEqual({ row: row.plugged, guest: nics.includes(row.mac) }, { row: want, guest: want })
}

jobSurvives(plugNic, {
  given: world => withNic(world, false),
  start: async (world, { vmId, nicId }) =>
    (await call(world.env, nic.update, { vmId, id: nicId, plugged: true })).jobId ?? '',
  afterDone: cardPlugged(true),
  afterUndo: cardPlugged(false),
  cleanup: (world, i) => withoutVm(world, i),
})

jobSurvives(unplugNic, {
  given: world => withNic(world, true),
  start: async (world, { vmId, nicId }) =>
    (await call(world.env, nic.update, { vmId, id: nicId, plugged: false })).jobId ?? '',
  afterDone: cardPlugged(false),
  afterUndo: cardPlugged(true),
  cleanup: (world, i) => withoutVm(world, i),
})

/** Row and guest have the same file in the drive. */
const inDrive =
  (file: string | null) =>
  async (world: World, { vmId }: OnVm) => {
    const { medium } = await world.sql.one<{ medium: { file: string } | null }>`
    select medium from vm_run where vm_id = ${vmId}::uuid`
    const guest = (await guestHas(world, vmId)).medium as { file: string } | null
    assert.deepEqual({ row: medium?.file ?? null, guest: guest?.file ?? null }, { row: file, guest: file })
  }

jobSurvives(changeCd, {
  given: (world): Promise<OnVm> => aRunningVm(world),
  start: async (world, { vmId }) =>
    (await call(world.env, updateCdrom, { vmId, file: 'tiny.iso', current: true })).jobId ?? '',
  afterDone: inDrive('tiny.iso'),
  afterUndo: inDrive(null),
  cleanup: (world, i) => withoutVm(world, i),
})

interface Visit extends OnVm {
  jobId: string
}

const noSecretIn = async (world: World, { jobId }: Visit) => {
  const { input } = await world.sql.one<{ input: { ticket: string; password: string | null } }>`
    select input from job where id = ${jobId}::uuid`
  assert.deepEqual([input.ticket, input.password], ['', null])
}

jobSurvives(openConsole, {
  given: async (world): Promise<Visit> => ({ vmId: (await aRunningVm(world)).vmId, jobId: '' }),
  start: async (world, i) => {
    const asked = { vmId: i.vmId, protocol: 'vnc' as const, mode: 'listen' as const, expiresInSeconds: 60 }
    i.jobId = (await call(world.env, ticket, asked)).jobId ?? ''
    return i.jobId
  },
  afterDone: async (world, i, { row }) => {
    await noSecretIn(world, i)
    assert.equal(typeof (row.result as { port: number }).port, 'number')
  },
  afterUndo: noSecretIn,
  cleanup: (world, i) => withoutVm(world, i),
})
