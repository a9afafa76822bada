import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { MiB } from '@rookery/model'
import { Agent, request } from 'undici'
import { startWorld, type World } from '../../../test/small-world.ts'
import { until } from '../../../test/until.ts'
import { ask, call } from '../../core/call.ts'
import { waitForJob } from '../../jobs/index.ts'
import { quotaDifferences } from '../../metering/quota.ts'
import * as disk from '../disk/operations.ts'
import { list as listDisks } from '../disk/queries.ts'
import { list as listDomains } from '../domain/queries.ts'
import * as transfer from './operations.ts'
import { hostOfTicket, list as listTransfers } from './queries.ts'
import { onTime } from './reconcile.ts'
import type { TransferRow } from './types.ts'

let world: World
// The fleet's certificate is of the test's own CA, which this client does not care about.
const client = new Agent({ connect: { rejectUnauthorized: false } })
before(async () => {
  world = await startWorld()
})
after(async () => {
  await client.close()
  await world.stop()
})

const done = async ({ jobId }: { jobId: string | null }) => {
  const row = await waitForJob(world.env, jobId ?? '', { timeoutMs: 60_000 })
  assert.equal(row.status, 'finished', JSON.stringify(row.error))
}
const read = async (id: string): Promise<TransferRow> => {
  const [row] = await ask(world.env, listTransfers, { ids: [id] })
  assert.ok(row)
  return row
}
const reaches = (id: string, phase: string) =>
  until(async () => (await read(id)).phase === phase, { what: `the phase ${phase}` })

async function newDisk(format: 'raw' | 'qcow2' = 'raw'): Promise<string> {
  const [domain] = (await ask(world.env, listDomains, {})).filter(d => d.type === 'data')
  const made = await call(world.env, disk.add, {
    capacity: MiB,
    format,
    sparse: true,
    storageDomainId: domain?.id,
  } as never)
  await done(made)
  return made.id
}
const open = async (diskId: string, direction: 'upload' | 'download' = 'upload') => {
  const made = await call(world.env, transfer.add, {
    diskId,
    direction,
    inactivityTimeout: 60,
    timeoutPolicy: 'legacy',
  })
  await done(made)
  await reaches(made.id, 'transferring')
  return made.id
}
const diskOf = async (id: string) => (await ask(world.env, listDisks, { ids: [id] }))[0]

test('what is uploaded can be downloaded again (R92)', async () => {
  const diskId = await newDisk()
  const up = await open(diskId)
  assert.equal((await diskOf(diskId))?.status, 'locked')
  await assert.rejects(call(world.env, disk.remove, { id: diskId }), { kind: 'conflict' })
  const bytes = Buffer.alloc(MiB, 'rookery')
  const { url } = await read(up)
  const put = await request(url ?? '', { method: 'PUT', body: bytes, dispatcher: client })
  assert.equal(put.statusCode, 200, await put.body.text())
  await done(await call(world.env, transfer.finalize, { id: up }))
  assert.equal((await read(up)).phase, 'finished_success')
  assert.equal((await diskOf(diskId))?.status, 'ok')

  const down = await open(diskId, 'download')
  const got = await request((await read(down)).url ?? '', { dispatcher: client })
  assert.deepEqual(Buffer.from(await got.body.arrayBuffer()), bytes)
  await done(await call(world.env, transfer.finalize, { id: down }))
  assert.equal((await diskOf(diskId))?.status, 'ok')
})

test('a ticket leads to its host as long as its transfer goes on, and a word that is none leads nowhere', async () => {
  const { sql } = world.database.db
  const id = await open(await newDisk())
  const { ticket, hostId } = await read(id)
  assert.equal(await hostOfTicket(sql, ticket), hostId)
  await done(await call(world.env, transfer.cancel, { id }))
  for (const word of [ticket, id, 'no-uuid', ''])
    await assert.rejects(hostOfTicket(sql, word), { kind: 'notFound', code: 'image.ticket_unknown' })
})

test('an upload that is no image fails, and its disk is removed', async () => {
  const diskId = await newDisk('qcow2')
  const id = await open(diskId)
  const put = await request((await read(id)).url ?? '', {
    method: 'PUT',
    body: Buffer.alloc(4096, 'x'),
    dispatcher: client,
  })
  await put.body.dump()
  await done(await call(world.env, transfer.finalize, { id }))
  const row = await read(id)
  assert.equal(row.phase, 'finished_failure')
  assert.match(row.error?.code ?? '', /^image\.refused/)
  assert.equal(await diskOf(diskId), undefined)
  assert.deepEqual(await quotaDifferences(world.database.db.sql), [])
})

test('a cancelled upload leaves no disk, a cancelled download leaves it as it was', async () => {
  const [up, down] = [await newDisk(), await newDisk()]
  const upload = await open(up)
  const download = await open(down, 'download')
  await done(await call(world.env, transfer.cancel, { id: upload }))
  await done(await call(world.env, transfer.cancel, { id: download }))
  assert.equal((await read(upload)).phase, 'finished_cleanup')
  assert.equal(await diskOf(up), undefined)
  assert.equal((await diskOf(down))?.status, 'ok')
  await assert.rejects(call(world.env, transfer.finalize, { id: upload }), { kind: 'conflict' })
})

test('a paused transfer serves nothing until it is resumed', async () => {
  const diskId = await newDisk()
  const id = await open(diskId)
  const { url } = await read(id)
  await done(await call(world.env, transfer.pause, { id }))
  const refused = await request(url ?? '', { method: 'OPTIONS', dispatcher: client })
  await refused.body.dump()
  assert.equal(refused.statusCode, 403)
  await done(await call(world.env, transfer.resume, { id }))
  await reaches(id, 'transferring')
  const served = await request((await read(id)).url ?? '', { method: 'OPTIONS', dispatcher: client })
  await served.body.dump()
  assert.equal(served.statusCode, 200)
  await done(await call(world.env, transfer.cancel, { id }))
})

test('an idle transfer is given up by its policy', () => {
  const now = new Date()
  const idle = {
    inactivityTimeout: 60,
    active: false,
    lastActiveAt: new Date(now.getTime() - 61_000),
    renewedAt: now,
    hostUp: true,
  }
  assert.equal(onTime({ ...idle, direction: 'upload', timeoutPolicy: 'legacy' }, now), 'pause')
  assert.equal(onTime({ ...idle, direction: 'download', timeoutPolicy: 'legacy' }, now), 'cancel')
  assert.equal(onTime({ ...idle, direction: 'upload', timeoutPolicy: 'cancel' }, now), 'cancel')
  assert.equal(onTime({ ...idle, direction: 'upload', timeoutPolicy: 'legacy', inactivityTimeout: 0 }, now), null)
  assert.equal(onTime({ ...idle, direction: 'upload', timeoutPolicy: 'legacy', active: true }, now), null)
  assert.equal(
    onTime({ ...idle, direction: 'upload', timeoutPolicy: 'legacy', lastActiveAt: now, renewedAt: null }, now),
    'renew',
  )
  assert.equal(onTime({ ...idle, direction: 'download', timeoutPolicy: 'pause', hostUp: false }, now), 'cancel')
})
