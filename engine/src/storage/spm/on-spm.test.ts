import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { MiB } from '@rookery/model'
import { startWorld, type World } from '../../../test/small-world.ts'
import { until } from '../../../test/until.ts'
import { ask, call } from '../../core/call.ts'
import * as cluster from '../../inventory/cluster/operations.ts'
import { list as listClusters } from '../../inventory/cluster/queries.ts'
import * as fence from '../../inventory/fence/operations.ts'
import { list as listHosts } from '../../inventory/host/queries.ts'
import { waitForJob } from '../../jobs/index.ts'
import * as disk from '../disk/operations.ts'
import { list as listDisks } from '../disk/queries.ts'
import { list as listDomains } from '../domain/queries.ts'

let world: World
/** What happens in the instant before the SPM is asked for a volume, or after it has made it and before anybody hears of it. */
const then: { 'before-effect'?: () => void; 'after-effect'?: () => void } = {}
before(async () => {
  world = await startWorld({
    hosts: 3,
    hooks: {
      jobs: {
        at: async ({ jobKind, step, when }) => {
          if (jobKind !== 'disk.create' || !step.endsWith('create/task')) return
          if (when === 'before-effect' || when === 'after-effect') then[when]?.()
        },
      },
    },
  })
  const clusterId = (await ask(world.env, listClusters, {}))[0]?.id ?? ''
  await call(world.env, cluster.update, { id: clusterId, settings: { fencing: { delaySeconds: 0 } } })
})
after(() => world.stop())

const all = () => ask(world.env, listHosts, {})
const spm = () =>
  until(async () => (await all()).find(host => host.spmStatus === 'spm'), { what: 'an SPM', timeoutMs: 120_000 })

/** The power of the SPM goes, which a person confirms as soon as it counts as lost. */
async function cutAndConfirm(id: string): Promise<void> {
  const is = (status: string) =>
    until(async () => (await all()).some(host => host.id === id && host.status === status), {
      what: `the host to be ${status}`,
      timeoutMs: 120_000,
    })
  await is('connecting')
  await world.database.db
    .sql`update host set seen_at = now() - interval '1 minute' where id = ${id}::uuid and status = 'connecting'`
  await is('non_responsive')
  await call(world.env, fence.fence, { id, how: 'confirm' })
}

for (const when of ['before-effect', 'after-effect'] as const)
  test(`a disk whose SPM loses its power at once (${when}) is made by the next one`, async () => {
    const host = await spm()
    const data = (await ask(world.env, listDomains, {})).find(domain => domain.type === 'data')
    then[when] = () => {
      delete then[when]
      world.sim.fault(Number(/(\d+)$/.exec(host.url)?.[1]), { kind: 'power-off' })
    }
    const { id, jobId } = await call(world.env, disk.add, {
      capacity: MiB,
      format: 'raw',
      sparse: true,
      storageDomainId: data?.id ?? '',
    })
    await cutAndConfirm(host.id)
    const job = await waitForJob(world.env, jobId ?? '', { timeoutMs: 120_000 })
    assert.equal(job.status, 'finished', JSON.stringify(job.error))
    assert.equal((await ask(world.env, listDisks, { ids: [id] }))[0]?.status, 'ok')
    assert.notEqual((await spm()).id, host.id)
  })
