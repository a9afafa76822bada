import assert from 'node:assert/strict'
import {
  aPausedVm,
  aRunningVm,
  aVm,
  diskStatusOf,
  indexOf,
  jobAbout,
  statusOf,
  withoutDisk,
  withoutVm,
} from '../../../test/entities.ts'
import { jobSurvives } from '../../../test/survive.ts'
import type { World } from '../../../test/survive-world.ts'
import { until } from '../../../test/until.ts'
import { call } from '../../core/call.ts'
import { quotaDifferences } from '../../metering/quota.ts'
import { reboot, remove, reset, shutdown, start } from './operations.ts'
import { removeVm } from './remove.ts'
import { settleVm } from './settle.ts'
import { rebootVm, resetVm, resumeVm, shutdownVm } from './signal.ts'

interface Given {
  vmId: string
}

const comesTo =
  (status: string) =>
  async (world: World, { vmId }: Given) => {
    await until(async () => (await statusOf(world, vmId)) === status, { what: `the VM to be ${status}` })
  }
/** A button that was not pressed, or whose pressing nobody recorded: the guest is up, or what it was asked has become of it. */
const upOr =
  (status: string) =>
  async (world: World, { vmId }: Given) => {
    const quiet = async () => ['up', status].includes((await statusOf(world, vmId)) ?? '')
    await until(quiet, { what: `the VM to be up or ${status}` })
  }
const pressed = (world: World, name: string, { vmId }: Given) =>
  world.sql`select 1 from event where name = ${name} and refs @> jsonb_build_array(jsonb_build_object('kind', 'vm', 'id', ${vmId}::text))`

jobSurvives(shutdownVm, {
  given: (world): Promise<Given> => aRunningVm(world),
  start: async (world, { vmId }) => (await call(world.env, shutdown, { id: vmId, reason: '' })).jobId,
  notRepeated: ['press'],
  afterDone: async (world, given) => {
    await comesTo('down')(world, given)
    assert.equal((await pressed(world, 'vm.shutdown.requested', given)).length, 1)
  },
  afterUndo: upOr('down'),
  cleanup: withoutVm,
})

jobSurvives(rebootVm, {
  given: (world): Promise<Given> => aRunningVm(world),
  start: async (world, { vmId }) => (await call(world.env, reboot, { id: vmId, force: false })).jobId,
  notRepeated: ['press'],
  afterDone: async (world, given) => {
    await comesTo('up')(world, given)
    assert.equal((await pressed(world, 'vm.reboot.requested', given)).length, 1)
  },
  afterUndo: comesTo('up'),
  cleanup: withoutVm,
})

jobSurvives(resetVm, {
  given: (world): Promise<Given> => aRunningVm(world),
  start: async (world, { vmId }) => (await call(world.env, reset, { id: vmId })).jobId,
  notRepeated: ['press'],
  afterDone: async (world, given) => {
    await comesTo('up')(world, given)
    assert.equal((await pressed(world, 'vm.reset', given)).length, 1)
  },
  afterUndo: comesTo('up'),
  cleanup: withoutVm,
})

jobSurvives(resumeVm, {
  given: (world): Promise<Given> => aPausedVm(world),
  start: async (world, { vmId }) => (await call(world.env, start, { id: vmId })).jobId,
  afterDone: async (world, given) => {
    await comesTo('up')(world, given)
    assert.equal((await pressed(world, 'vm.resumed', given)).length, 1)
  },
  afterUndo: upOr('paused'),
  cleanup: withoutVm,
})

jobSurvives(settleVm, {
  given: (world): Promise<Given> => aRunningVm(world),
  start: async (world, { vmId }) => {
    const { hostId } = await world.sql.one<{ hostId: string }>`
      select host_id from vm_run where vm_id = ${vmId}::uuid`
    await world.simulator.fault(await indexOf(world, hostId), { kind: 'guest-crash', match: { vmId } })
    return jobAbout(world, 'vm.settle', 'vmId', vmId)
  },
  afterDone: settled,
  // An end that was not settled is settled by the next look.
  afterUndo: settled,
  cleanup: withoutVm,
})

async function settled(world: World, given: Given): Promise<void> {
  await comesTo('down')(world, given)
  assert.deepEqual(await world.sql`select id from vm_run where vm_id = ${given.vmId}::uuid`, [])
  assert.deepEqual(await world.sql`select vm_id from vm_now where vm_id = ${given.vmId}::uuid`, [])
  assert.deepEqual(await quotaDifferences(world.sql), [])
}

jobSurvives(removeVm, {
  given: (world): Promise<Given & { diskId: string }> => aVm(world),
  start: async (world, { vmId }) =>
    (await call(world.env, remove, { id: vmId, detachOnly: false, force: false })).jobId,
  afterDone: async (world, { vmId, diskId }) => {
    assert.equal(await statusOf(world, vmId), undefined)
    assert.equal(await diskStatusOf(world, diskId), undefined)
    assert.deepEqual(await quotaDifferences(world.sql), [])
  },
  // The VM is there; its disk is as it was, or illegal when its bytes may be gone, or gone with its row.
  afterUndo: async (world, { vmId, diskId }) => {
    assert.equal(await statusOf(world, vmId), 'down')
    assert.match((await diskStatusOf(world, diskId)) ?? 'gone', /^(ok|illegal|gone)$/)
    assert.deepEqual(await quotaDifferences(world.sql), [])
  },
  cleanup: async (world, given) => {
    await withoutVm(world, given)
    await withoutDisk(world, given.diskId)
  },
})
