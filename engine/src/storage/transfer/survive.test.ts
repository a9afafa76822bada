import assert from 'node:assert/strict'
import { aDisk, aTransfer, diskStatusOf, phaseOf, withoutTransfer } from '../../../test/entities.ts'
import { jobSurvives } from '../../../test/survive.ts'
import type { World } from '../../../test/survive-world.ts'
import { until } from '../../../test/until.ts'
import { call, inTransaction } from '../../core/call.ts'
import { cancelTransfer } from './cancel.ts'
import { finalizeTransfer } from './finalize.ts'
import { closeTransfer, openTransfer, renewTransfer } from './open.ts'
import * as transfer from './operations.ts'

interface Given {
  transferId: string
  diskId: string
}

/** Whether the host lets a client in. */
async function isOpen(world: World, { transferId }: Given): Promise<boolean> {
  const { ticket } = await world.sql.one<{ ticket: string }>`
    select ticket from image_transfer where id = ${transferId}::uuid`
  return (await world.simulator.storage()).tickets.includes(ticket)
}

/** A transfer whose job has failed is taken up again after ten seconds; here nobody waits that long. */
async function goesOn(world: World, { transferId }: Given): Promise<void> {
  await world.sql`update image_transfer set created_at = created_at - interval '1 minute' where id = ${transferId}::uuid`
  await world.sql`update job set ended_at = ended_at - interval '1 minute' where input ->> 'transferId' = ${transferId}`
  const ended = () =>
    world.sql.maybe`select 1 from image_transfer where id = ${transferId}::uuid and ended_at is not null`
  await until(ended, { what: 'the transfer to end', timeoutMs: 30_000 })
}

jobSurvives(openTransfer, {
  given: async (world): Promise<Given> => ({ transferId: '', diskId: await aDisk(world) }),
  start: async (world, given) => {
    const made = await call(world.env, transfer.add, {
      diskId: given.diskId,
      direction: 'upload',
      inactivityTimeout: 0,
      timeoutPolicy: 'legacy',
    })
    given.transferId = made.id
    return made.jobId
  },
  afterDone: async (world, given) => {
    assert.equal(await phaseOf(world, given.transferId), 'transferring')
    assert.equal(await isOpen(world, given), true)
    assert.equal(await diskStatusOf(world, given.diskId), 'locked')
  },
  afterUndo: async (world, given) => {
    assert.equal(await phaseOf(world, given.transferId), 'finished_failure')
    assert.equal(await isOpen(world, given), false)
    assert.equal(await diskStatusOf(world, given.diskId), 'ok')
  },
  cleanup: withoutTransfer,
})

jobSurvives(renewTransfer, {
  given: (world): Promise<Given> => aTransfer(world),
  start: async (world, { transferId, diskId }) => {
    const { alias, dataCenterId } = await world.sql.one<{ alias: string; dataCenterId: string }>`
      select alias, data_center_id from disk_view where id = ${diskId}::uuid`
    return (
      await inTransaction(world.env, ctx => ctx.start(renewTransfer, { transferId, diskId, alias, dataCenterId }))
    ).jobId
  },
  afterDone: stillOpen,
  afterUndo: stillOpen,
  cleanup: withoutTransfer,
})

/** A renewal that fails changes nothing: the ticket has time for many more. */
async function stillOpen(world: World, given: Given): Promise<void> {
  assert.equal(await phaseOf(world, given.transferId), 'transferring')
  assert.equal(await isOpen(world, given), true)
}

jobSurvives(closeTransfer, {
  given: (world): Promise<Given> => aTransfer(world),
  start: async (world, { transferId }) => (await call(world.env, transfer.pause, { id: transferId })).jobId,
  afterDone: async (world, given) => {
    assert.equal(await phaseOf(world, given.transferId), 'paused_user')
    assert.equal(await isOpen(world, given), false)
  },
  // Paused it is either way; a ticket that could not be ended ends by itself when nobody renews it.
  afterUndo: async (world, given) => assert.equal(await phaseOf(world, given.transferId), 'paused_user'),
  cleanup: withoutTransfer,
})

jobSurvives(finalizeTransfer, {
  given: (world): Promise<Given> => aTransfer(world),
  start: async (world, { transferId }) => (await call(world.env, transfer.finalize, { id: transferId })).jobId,
  afterDone: async (world, given, { failed }) => {
    const refused = failed.some(step => step.startsWith('verify/'))
    assert.equal(await phaseOf(world, given.transferId), refused ? 'finished_failure' : 'finished_success')
    assert.equal(await diskStatusOf(world, given.diskId), refused ? undefined : 'ok')
  },
  // Nothing is taken back: it is taken up again.
  afterUndo: async (world, given) => {
    assert.equal(await phaseOf(world, given.transferId), 'finalizing_success')
    await goesOn(world, given)
    assert.equal(await phaseOf(world, given.transferId), 'finished_success')
    assert.equal(await diskStatusOf(world, given.diskId), 'ok')
  },
  cleanup: withoutTransfer,
})

jobSurvives(cancelTransfer, {
  given: (world): Promise<Given> => aTransfer(world),
  start: async (world, { transferId }) => (await call(world.env, transfer.cancel, { id: transferId })).jobId,
  afterDone: async (world, given, { failed }) => {
    assert.equal(await phaseOf(world, given.transferId), 'finished_cleanup')
    // A disk whose bytes could not be removed stays, illegal, for somebody to remove.
    const left = failed.some(step => step.startsWith('remove disk/'))
    assert.equal(await diskStatusOf(world, given.diskId), left ? 'illegal' : undefined)
  },
  afterUndo: async (world, given) => {
    await goesOn(world, given)
    assert.equal(await phaseOf(world, given.transferId), 'finished_cleanup')
    assert.equal(await diskStatusOf(world, given.diskId), undefined)
  },
  cleanup: withoutTransfer,
})
