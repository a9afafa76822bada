import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { aHost, aVm, finished, indexOf, statusOf, withoutVm } from '../../../test/entities.ts'
import { jobSurvives } from '../../../test/survive.ts'
import type { World } from '../../../test/survive-world.ts'
import { until } from '../../../test/until.ts'
import { start as startVm } from '../../compute/vm/operations.ts'
import { call } from '../../core/call.ts'
import * as hosts from '../host/operations.ts'
import { fenceHost } from './fence.ts'
import * as fence from './operations.ts'

interface Given {
  id: string
  vmId: string
}

const standing = (world: World, id: string) =>
  world.sql.one<{ status: string; fenced: boolean }>`
    select status, fenced_at is not null as fenced from host where id = ${id}::uuid`
const patient = { timeoutMs: 90_000 }

/** A guest runs on a host that another one can switch off, and on no second one. */
async function given(world: World): Promise<Given> {
  const { id } = await aHost(world)
  await call(world.env, fence.addAgent, {
    hostId: id,
    type: 'ipmilan',
    address: `bmc-${await indexOf(world, id)}`,
    password: randomUUID(),
  })
  await call(world.env, hosts.update, { id, powerManagement: { enabled: true } })
  await world.sql`update host set fenced_at = null where id = ${id}::uuid`
  const { vmId } = await aVm(world)
  await finished(world, await call(world.env, startVm, { id: vmId, runOnce: { hostIds: [id] } }))
  await until(async () => (await statusOf(world, vmId)) === 'up', { what: 'the guest to be up' })
  return { id, vmId }
}

const up = (world: World, { id }: Given) =>
  until(async () => (await standing(world, id)).status === 'up', { what: 'the host to be up again', ...patient })

jobSurvives(fenceHost, {
  given,
  start: async (world, { id }) => (await call(world.env, fence.fence, { id, how: 'restart' })).jobId,
  afterDone: async (world, g) => {
    assert.equal((await standing(world, g.id)).fenced, true)
    // That a step which gives the power again failed leaves it dark, and says so: a person switches it on.
    const index = await indexOf(world, g.id)
    if ((await world.simulator.look(index)).dead)
      await finished(world, await call(world.env, fence.fence, { id: g.id, how: 'start' }))
    await up(world, g)
    await until(async () => (await statusOf(world, g.vmId)) === 'down', { what: 'the VM to be down', ...patient })
    assert.deepEqual((await world.simulator.look(index)).runs, [])
  },
  // Nobody has said that it is dead: its VM is where it was, or is seen to be gone when it answers.
  afterUndo: async (world, g) => {
    const index = await indexOf(world, g.id)
    if ((await world.simulator.look(index)).dead) {
      await world.sql`update host set status = 'non_responsive' where id = ${g.id}::uuid`
      await finished(world, await call(world.env, fence.fence, { id: g.id, how: 'start' }))
    }
    await up(world, g)
    await until(async () => ['up', 'down'].includes((await statusOf(world, g.vmId)) ?? ''), {
      what: 'the VM to be known',
      ...patient,
    })
  },
  cleanup: async (world, g) => {
    await up(world, g)
    await until(async () => ['up', 'down'].includes((await statusOf(world, g.vmId)) ?? ''), {
      what: 'the VM to be known',
      ...patient,
    })
    await withoutVm(world, g)
    await world.sql`delete from fence_agent where host_id = ${g.id}::uuid`
  },
})
