import assert from 'node:assert/strict'
import { chownSync, copyFileSync, globSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { MiB } from '@rookery/model'
import { Pair } from '../../agent/test/pair.ts'
import { type EngineDatabase, engineDatabase } from '../../engine/test/database.ts'
import { startTestEngine, type TestEngine } from '../../engine/test/engine.ts'
import { until } from '../../engine/test/until.ts'
import * as migration from '../../engine/src/compute/migration/operations.ts'
import * as vm from '../../engine/src/compute/vm/operations.ts'
import { list as listVms } from '../../engine/src/compute/vm/queries.ts'
import { ask, call } from '../../engine/src/core/call.ts'
import type { Env } from '../../engine/src/core/ctx.ts'
import { update as updateCluster } from '../../engine/src/inventory/cluster/operations.ts'
import { list as listClusters } from '../../engine/src/inventory/cluster/queries.ts'
import * as host from '../../engine/src/inventory/host/operations.ts'
import { list as listHosts } from '../../engine/src/inventory/host/queries.ts'
import { invariants } from '../../engine/src/invariants/queries.ts'
import { waitForJob } from '../../engine/src/jobs/index.ts'
import { list as listDomains } from '../../engine/src/storage/domain/queries.ts'
import { missingForDaemons } from '../../libvirt/test/daemon.ts'
import { tinyForTests } from '../src/images/for-tests.ts'

const missing = await missingForDaemons()
const tiny = missing === null ? await tinyForTests() : { skip: missing }
const skip = 'skip' in tiny ? tiny.skip : false
const guests = 6
/** Megabits a second for one migration, so that the time that it must take is known. */
const mbps = 400
const patience = { timeoutMs: 600_000 }

/** A guest that always does something: it writes a few megabytes of its memory each second. */
const load = '#!/bin/sh\n(while :; do dd if=/dev/urandom of=/dev/shm/x bs=64k count=32 2>/dev/null; sleep 1; done) &\n'

describe('two real hosts and their engine', { skip }, () => {
  let pair: Pair
  let database: EngineDatabase
  let one: TestEngine
  let env: Env
  const names = ['host-1', 'host-2']

  before(async () => {
    if ('skip' in tiny) return
    pair = await Pair.start()
    database = await engineDatabase()
    const [first, second] = pair.hosts
    const { pki, folder } = first
    for (const name of ['engine-data', 'engine-iso']) mkdirSync(join(folder, name))
    one = await startTestEngine(database, {
      config: {
        engineId: first.engineId,
        agentTls: { cert: pki.engine.cert, key: pki.engine.key, ca: pki.ca },
        localHost: {
          name: names[0] ?? '',
          url: first.url,
          address: '10.214.0.1',
          storagePath: join(folder, 'engine-data'),
          isoPath: join(folder, 'engine-iso'),
        },
      },
    })
    env = one.engine.handle.env()
    const [cluster] = await ask(env, listClusters, {})
    assert.ok(cluster)
    await until(async () => (await ask(env, listDomains, {})).filter(d => d.status === 'active').length === 2, {
      ...patience,
      what: 'storage to be active',
    })
    await call(env, host.register, {
      name: names[1] ?? '',
      clusterId: cluster.id,
      address: '10.214.0.2',
      url: second.url,
    })
    await call(env, updateCluster, {
      id: cluster.id,
      settings: { migration: { bandwidth: 'custom', bandwidthMbps: mbps } },
    })
    await until(async () => (await hosts()).filter(h => h.status === 'up').length === 2, {
      ...patience,
      what: 'both hosts to be up',
    })
    const [images] = globSync(join(folder, 'engine-iso/*/images/11111111-*'))
    assert.ok(images)
    copyFileSync(tiny.paths.iso, join(images, 'tiny.iso'))
    chownSync(join(images, 'tiny.iso'), 36, 36)
  })
  after(async () => {
    for (const row of await ask(env, listVms, {}).catch(() => []))
      if (row.status !== 'down') await done(await call(env, vm.stop, { id: row.id, reason: '' })).catch(() => undefined)
    await one?.stop()
    await database?.close()
    await pair?.[Symbol.asyncDispose]()
  })

  const hosts = () => ask(env, listHosts, {})
  const hostNamed = async (name: string) => (await hosts()).find(h => h.name === name) ?? assert.fail(name)
  const done = async (answer: { jobId: string | null }) => {
    const row = await waitForJob(env, answer.jobId ?? '', patience)
    assert.equal(row.status, 'finished', JSON.stringify(row.error))
    return row
  }

  test('maintenance of a host with six busy VMs empties it, and activation lets it be filled again (R58)', async t => {
    const [cluster] = await ask(env, listClusters, {})
    const iso = (await ask(env, listDomains, {})).find(d => d.type === 'iso')
    assert.ok(cluster && iso)
    const here = await hostNamed('host-1')
    const ids: string[] = []
    for (let n = 1; n <= guests; n++) {
      const made = await call(env, vm.add, {
        name: `busy-${n}`,
        clusterId: cluster.id,
        config: { memory: 192 * MiB, initialization: { hostName: `busy-${n}`, customScript: load } },
      })
      if (made.jobId !== null) await done(made as { jobId: string })
      ids.push(made.id)
      const runOnce = {
        boot: ['cdrom' as const],
        hostIds: [here.id],
        cdrom: { storageDomainId: iso.id, file: 'tiny.iso' },
      }
      await until(
        async () => {
          try {
            await done(await call(env, vm.start, { id: made.id, runOnce }))
            return true
          } catch (error) {
            // The file of the ISO domain is told with the next look at it.
            if (String(error).includes('tiny.iso')) return false
            throw error
          }
        },
        { ...patience, what: `busy-${n} to be started` },
      )
    }
    const all = () => ask(env, listVms, { ids })
    await until(async () => (await all()).every(row => row.status === 'up' && row.guestAgent), {
      ...patience,
      what: 'all guests to be up',
    })
    const began = performance.now()
    await done(await call(env, host.deactivate, { id: here.id, reason: 'new fans' }))
    const ms = performance.now() - began
    const moved = await database.db.sql<{ data: { downtimeMs: number; durationMs: number; transferred: number } }>`
      select data from event where name = 'vm.migration.done' order by id`
    const bytes = moved.reduce((sum, { data }) => sum + data.transferred, 0)
    const least = bytes / ((mbps * 1_000_000) / 8) / 2
    t.diagnostic(
      `${guests} VMs away in ${(ms / 1000).toFixed(1)} s; ${Math.round(bytes / MiB)} MiB take ${least.toFixed(1)} s at ${mbps} Mbit/s with two at a time; downtimes ${moved.map(m => Math.round(m.data.downtimeMs)).join(', ')} ms`,
    )
    assert.equal(moved.length, guests)
    const empty = await hostNamed('host-1')
    assert.deepEqual([empty.status, empty.vmsTotal], ['maintenance', 0])
    assert.equal((await hostNamed('host-2')).spmStatus, 'spm')
    assert.ok((await all()).every(row => row.status === 'up' && row.hostId !== here.id))
    await assert.rejects(call(env, migration.migrate, { id: ids[0] ?? '', hostId: here.id }), {
      code: 'vm.migrate.no_host',
    })
    await done(await call(env, host.activate, { id: here.id }))
    for (const id of ids.slice(0, 3)) await done(await call(env, migration.migrate, { id, hostId: here.id }))
    assert.equal((await hostNamed('host-1')).vmsTotal, 3)
    await until(async () => (await all()).every(row => row.status === 'up' && row.guestAgent), {
      ...patience,
      what: 'all guests to answer',
    })
    // The pair's own storage, network and cables are none of this engine's; everything else is as the database says.
    const { differences } = await ask(env, invariants, {})
    assert.deepEqual(
      differences.filter(d => !/^(storage_domain|network)\.|^tap\.found$/.test(d.invariant)),
      [],
    )
  })
})
