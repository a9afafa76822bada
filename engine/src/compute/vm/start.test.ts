import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { aVm, statusOf } from '../../../test/entities.ts'
import { createWorld, type World } from '../../../test/survive-world.ts'
import { until } from '../../../test/until.ts'
import { call, inTransaction } from '../../core/call.ts'
import { applyLines } from '../../inventory/watch/apply.ts'
import { start } from './operations.ts'

let world: World
before(async () => {
  world = await createWorld({ hosts: 1 })
})
after(() => world?.close())

test('a guest that was gone before its creation was recorded is down, though the listing without it came too early', async () => {
  const { vmId } = await aVm(world)
  const host = await world.sql.one<{ id: string; incarnation: number }>`select id, incarnation from host`
  // Its QEMU and the agent were killed, and so was the engine, before it could record the end of the task: the next engine hears first
  // what the agent's next life has, and then, from the agent's journal, that the guest was made.
  const later = { type: 'listing', incarnation: host.incarnation + 1, seq: 1 } as const
  world.mischief.strike = {
    at: { jobKind: 'vm.start', step: 'host 1/boot/create', when: 'after-effect' },
    blow: () =>
      inTransaction(world.env, ctx =>
        applyLines(ctx, host.id, [{ ...later, runs: [], ended: [], storage: [], networks: [] }]),
      ),
  }
  const { jobId } = await call(world.env, start, { id: vmId })
  assert.equal((await world.ended(jobId)).status, 'finished')
  assert.equal(world.mischief.strike, null)
  await until(async () => (await statusOf(world, vmId)) === 'down', { what: 'the VM to be down', timeoutMs: 20_000 })
})
