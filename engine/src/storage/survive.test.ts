import assert from 'node:assert/strict'
import { MiB } from '@rookery/model'
import { aDisk, dataDomain, diskStatusOf, jobAbout, withoutDisk } from '../../test/entities.ts'
import { jobSurvives } from '../../test/survive.ts'
import { call } from '../core/call.ts'
import { quotaDifferences } from '../metering/quota.ts'
import { createDisk } from './disk/create.ts'
import { describeDisk } from './disk/describe.ts'
import { extendDisk } from './disk/extend.ts'
import * as disk from './disk/operations.ts'
import { removeDisk } from './disk/remove.ts'

type World = Parameters<typeof aDisk>[0]
interface Given {
  diskId: string
}

const ledgerFits = async (world: World) => assert.deepEqual(await quotaDifferences(world.sql), [])

jobSurvives(createDisk, {
  given: async (): Promise<Given> => ({ diskId: '' }),
  start: async (world, given) => {
    const { id: storageDomainId } = await dataDomain(world)
    const made = await call(world.env, disk.add, { capacity: MiB, format: 'raw', sparse: true, storageDomainId })
    given.diskId = made.id
    return made.jobId
  },
  afterDone: async (world, { diskId }) => assert.equal(await diskStatusOf(world, diskId), 'ok'),
  afterUndo: async (world, { diskId }) => {
    assert.equal(await diskStatusOf(world, diskId), undefined)
    await ledgerFits(world)
  },
  cleanup: (world, { diskId }) => withoutDisk(world, diskId),
})

jobSurvives(extendDisk, {
  given: async (world): Promise<Given> => ({ diskId: await aDisk(world) }),
  start: async (world, { diskId }) =>
    (await call(world.env, disk.update, { id: diskId, capacity: 2 * MiB })).jobId ?? '',
  afterDone: async (world, { diskId }) => assert.equal(await diskStatusOf(world, diskId), 'ok'),
  afterUndo: async (world, { diskId }) => {
    assert.deepEqual(await world.sql.one`select status, capacity from disk where id = ${diskId}::uuid`, {
      status: 'ok',
      capacity: MiB,
    })
    await ledgerFits(world)
  },
  cleanup: (world, { diskId }) => withoutDisk(world, diskId),
})

jobSurvives(removeDisk, {
  given: async (world): Promise<Given> => ({ diskId: await aDisk(world) }),
  start: async (world, { diskId }) => (await call(world.env, disk.remove, { id: diskId })).jobId,
  afterDone: async (world, { diskId }) => assert.equal(await diskStatusOf(world, diskId), undefined),
  // Where it failed before anything was done the disk is as it was, later it is illegal: nobody knows what is left.
  afterUndo: async (world, { diskId }) => assert.match((await diskStatusOf(world, diskId)) ?? '', /^(ok|illegal)$/),
  cleanup: (world, { diskId }) => withoutDisk(world, diskId),
})

jobSurvives(describeDisk, {
  given: async (world): Promise<Given> => ({ diskId: await aDisk(world) }),
  start: async (world, { diskId }) => {
    await call(world.env, disk.update, { id: diskId, description: 'told anew' })
    return jobAbout(world, 'disk.describe', 'diskId', diskId)
  },
  afterDone: async (world, { diskId }) => assert.equal(await metadataOf(world, diskId), 'told anew'),
  // The row is what counts; the metadata has the old words, or the new ones.
  afterUndo: async (world, { diskId }) => {
    const { description } = await world.sql.one<{ description: string }>`
      select description from disk where id = ${diskId}::uuid`
    assert.equal(description, 'told anew')
    assert.match(await metadataOf(world, diskId), /^(|told anew)$/)
  },
  cleanup: (world, { diskId }) => withoutDisk(world, diskId),
})

/** What a disk's own volume says of it. */
async function metadataOf(world: World, diskId: string): Promise<string> {
  const volumes = (await world.simulator.storage()).domains.flatMap(domain => domain.volumes)
  const { imageId } = await world.sql.one<{ imageId: string }>`select image_id from disk where id = ${diskId}::uuid`
  return volumes.find(volume => volume.ref.imageId === imageId)?.description ?? 'no volume'
}
