import assert from 'node:assert/strict'
import { aRunningVm, aSuspendedVm, aVm, jobAbout, statusOf, withoutVm } from '../../../test/entities.ts'
import { jobSurvives } from '../../../test/survive.ts'
import { until } from '../../../test/until.ts'
import { call } from '../../core/call.ts'
import { quotaDifferences } from '../../metering/quota.ts'
import { removeMemory } from './memory.ts'
import { start, stop, suspend } from './operations.ts'
import { startVm } from './start.ts'
import { stopVm } from './stop.ts'
import { suspendVm } from './suspend.ts'

type World = Parameters<typeof aVm>[0]
interface Given {
  vmId: string
}

const runs = async (world: World, { vmId }: Given) =>
  (await world.sql.one<{ n: number }>`select count(*)::int as n from vm_run where vm_id = ${vmId}::uuid`).n

jobSurvives(startVm, {
  given: aVm,
  start: async (world, { vmId }) => (await call(world.env, start, { id: vmId })).jobId,
  afterDone: async (world, given) => {
    await until(async () => (await statusOf(world, given.vmId)) === 'up', { what: 'the guest to be up' })
    assert.equal(await runs(world, given), 1)
  },
  afterUndo: async (world, given) => {
    assert.equal(await statusOf(world, given.vmId), 'down')
    assert.equal(await runs(world, given), 0)
    assert.deepEqual(await quotaDifferences(world.sql), [])
  },
  cleanup: withoutVm,
})

jobSurvives(startVm, {
  title: 'of a suspended VM',
  given: aSuspendedVm,
  start: async (world, { vmId }) => (await call(world.env, start, { id: vmId })).jobId,
  afterDone: async (world, given) => {
    await until(async () => (await statusOf(world, given.vmId)) === 'up', { what: 'the guest to be up' })
    assert.equal(await runs(world, given), 1)
  },
  afterUndo: async (world, given) => {
    assert.equal(await statusOf(world, given.vmId), 'suspended')
    assert.deepEqual(await quotaDifferences(world.sql), [])
  },
  cleanup: withoutVm,
})

/** Whatever became of the job, the memory and its row go. */
const memoryGoes = (world: World, { vmId }: Given) =>
  until(async () => (await world.sql`select 1 from spent_memory where vm_id = ${vmId}::uuid`).length === 0, {
    what: 'the memory to be removed',
  })

jobSurvives(removeMemory, {
  given: aSuspendedVm,
  start: async (world, { vmId }) => {
    const { imageId } = await world.sql.one<{ imageId: string }>`
      select suspended_volume ->> 'imageId' as image_id from vm where id = ${vmId}::uuid`
    await call(world.env, stop, { id: vmId, reason: '' })
    return jobAbout(world, 'memory.remove', 'imageId', imageId)
  },
  afterDone: async (world, given) => void (await memoryGoes(world, given)),
  afterUndo: async (world, given) => void (await memoryGoes(world, given)),
  cleanup: withoutVm,
})

jobSurvives(stopVm, {
  given: aRunningVm,
  start: async (world, { vmId }) => (await call(world.env, stop, { id: vmId, reason: '' })).jobId,
  afterDone: async (world, given) => {
    assert.equal(await statusOf(world, given.vmId), 'down')
    assert.equal(await runs(world, given), 0)
  },
  // Nothing of it is undone: where it failed the guest runs on, or is gone and the watch settles it.
  afterUndo: async (world, given) => {
    await until(async () => ['up', 'down'].includes((await statusOf(world, given.vmId)) ?? ''), { what: 'a quiet VM' })
  },
  cleanup: withoutVm,
})

jobSurvives(stopVm, {
  title: 'of a suspended VM',
  given: aSuspendedVm,
  start: async (world, { vmId }) => (await call(world.env, stop, { id: vmId, reason: '' })).jobId,
  afterDone: async (world, given) => assert.equal(await statusOf(world, given.vmId), 'down'),
  afterUndo: async (world, given) => assert.equal(await statusOf(world, given.vmId), 'suspended'),
  cleanup: withoutVm,
})

jobSurvives(suspendVm, {
  given: aRunningVm,
  start: async (world, { vmId }) => (await call(world.env, suspend, { id: vmId })).jobId,
  afterDone: async (world, given) => assert.equal(await statusOf(world, given.vmId), 'suspended'),
  // Until the memory is written the guest runs on; after it nothing is undone.
  afterUndo: async (world, given) => {
    await until(async () => (await statusOf(world, given.vmId)) === 'up', { what: 'the guest to be up' })
    assert.equal(await runs(world, given), 1)
  },
  cleanup: withoutVm,
})
