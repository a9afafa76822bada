import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { RookeryError } from '@rookery/model'
import { aDomain, aHost, dataDomain, domainStatusOf, withoutDomain } from '../../../test/entities.ts'
import { jobSurvives } from '../../../test/survive.ts'
import type { World } from '../../../test/survive-world.ts'
import { until } from '../../../test/until.ts'
import { call } from '../../core/call.ts'
import { activate as activateHostOperation } from '../../inventory/host/operations.ts'
import { activateDomain } from './activate.ts'
import { attachDomain } from './attach.ts'
import { createDomain } from './create.ts'
import { deactivateDomain } from './deactivate.ts'
import { detachDomain } from './detach.ts'
import { formatDomain } from './format.ts'
import * as domain from './operations.ts'

interface Given {
  id: string
}

const cleanup = async (world: World, { id }: Given) => {
  await hostsUp(world)
  await withoutDomain(world, id)
}
const isNow = (status: string | undefined) => async (world: World, given: Given) =>
  assert.equal(await domainStatusOf(world, given.id), status)

/** Names of the hosts that have the domain connected. */
async function connected(world: World, { id }: Given): Promise<number> {
  const hosts = await Promise.all(Array.from({ length: world.simulator.hosts }, (_, n) => world.simulator.look(n)))
  return hosts.filter(host => host.storage.some(each => each.storageDomainId === id)).length
}

jobSurvives(createDomain, {
  given: async (): Promise<Given> => ({ id: '' }),
  start: async (world, given) => {
    const { id: hostId } = await aHost(world)
    const name = `data-${randomUUID().slice(0, 8)}`
    const connection = { type: 'localfs' as const, path: `/pretended/${name}` }
    const made = await call(world.env, domain.add, { name, type: 'data', hostId, connection })
    given.id = made.id
    return made.jobId
  },
  afterDone: isNow('unattached'),
  // The files are looked for with every other domain's: the hosts have none that the engine does not know.
  afterUndo: isNow(undefined),
  cleanup,
})

jobSurvives(attachDomain, {
  given: (world): Promise<Given> => aDomain(world),
  start: async (world, { id }) => {
    const { dataCenterId } = await dataDomain(world)
    return (await call(world.env, domain.attach, { id, dataCenterId })).jobId
  },
  afterDone: async (world, given, { failed }) => {
    await isNow('active')(world, given)
    // A host that cannot connect becomes non-operational instead.
    assert.equal(await connected(world, given), 2 - failed.filter(step => step.includes('/connect ')).length)
  },
  afterUndo: async (world, given) => {
    await isNow('unattached')(world, given)
    assert.equal(await connected(world, given), 0)
  },
  cleanup,
})

jobSurvives(deactivateDomain, {
  given: (world): Promise<Given> => aDomain(world, 'active'),
  start: async (world, { id }) => (await call(world.env, domain.deactivate, { id, force: false })).jobId,
  afterDone: async (world, given, { failed }) => {
    await isNow('maintenance')(world, given)
    assert.equal(await connected(world, given), failed.length)
  },
  afterUndo: async (world, given) => {
    await isNow('active')(world, given)
    assert.equal(await connected(world, given), 2)
  },
  cleanup,
})

jobSurvives(activateDomain, {
  given: (world): Promise<Given> => aDomain(world, 'maintenance'),
  start: async (world, { id }) => (await call(world.env, domain.activate, { id })).jobId,
  afterDone: async (world, given, { failed }) => {
    await isNow('active')(world, given)
    assert.equal(await connected(world, given), 2 - failed.length)
  },
  afterUndo: async (world, given) => {
    await isNow('maintenance')(world, given)
    assert.equal(await connected(world, given), 0)
  },
  cleanup,
})

jobSurvives(detachDomain, {
  given: (world): Promise<Given> => aDomain(world, 'maintenance'),
  start: async (world, { id }) => (await call(world.env, domain.detach, { id })).jobId,
  afterDone: async (world, given, { failed }) => {
    await isNow('unattached')(world, given)
    assert.equal(await connected(world, given), failed.some(step => step.startsWith('disconnect')) ? 1 : 0)
  },
  afterUndo: async (world, given) => {
    await isNow('maintenance')(world, given)
    assert.equal(await connected(world, given), 0)
  },
  cleanup,
})

jobSurvives(formatDomain, {
  given: (world): Promise<Given> => aDomain(world),
  start: async (world, { id }) => {
    const { id: hostId } = await aHost(world)
    return (await call(world.env, domain.remove, { id, hostId, format: true, destroy: false })).jobId ?? ''
  },
  afterDone: isNow(undefined),
  // Its files may be gone: then it is unattached and empty, and can be removed again.
  afterUndo: isNow('unattached'),
  cleanup,
})

/** Takes hosts that could not connect back into work, which tells also that nothing else is wrong with them. */
async function hostsUp(world: World): Promise<void> {
  const rows = await world.sql<{ id: string }>`select id from host where status <> 'up'`
  for (const { id } of rows) {
    const started = await call(world.env, activateHostOperation, { id }).catch((error: unknown) => {
      // The watch was faster: it activates hosts whose agents were killed by itself.
      if (error instanceof RookeryError && error.kind === 'conflict') return undefined
      throw error
    })
    if (started !== undefined) await world.ended(started.jobId)
  }
  await until(
    async () => (await world.sql`select 1 from host where status in ('initializing', 'connecting')`).length === 0,
    {
      what: 'hosts that the watch activates',
    },
  )
  assert.deepEqual(await world.sql`select name, status from host where status <> 'up'`, [])
}
