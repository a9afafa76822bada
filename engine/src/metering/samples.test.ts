import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { request } from 'undici'
import { type EngineDatabase, engineDatabase } from '../../test/database.ts'
import { startTestEngine, type TestEngine } from '../../test/engine.ts'
import { type Site, site } from '../../test/site.ts'
import { until } from '../../test/until.ts'
import { ask, inTransaction } from '../core/call.ts'
import { applyStats } from './apply.ts'
import { hostHistory, hostNow, vmHistory, vmNow } from './live.ts'
import { samplesReconciler, toHistory } from './samples.ts'

let database: EngineDatabase
let one: TestEngine
let own: Site
before(async () => {
  database = await engineDatabase()
  one = await startTestEngine(database)
  own = await site(database)
})
after(async () => {
  await one.stop()
  await database.close()
})

const host = {
  cpuUser: 0.2,
  cpuSystem: 0.1,
  cpuIdle: 0.7,
  load5: 1,
  memoryUsed: 1000,
  memoryFree: 3000,
  memoryShared: 0,
  swapTotal: 0,
  swapUsed: 0,
  ksmCpu: 0,
  bootTime: 0,
}
const disk = {
  diskId: null,
  readBytes: 5,
  writeBytes: 6,
  readOps: 1,
  writeOps: 2,
  readLatency: 0.002,
  writeLatency: 0,
  flushLatency: 0,
  allocation: 0,
}
const run = (cpu: number) => ({
  runId: own.run,
  vmId: own.runningVm,
  cpu,
  cpuTimeNs: 0,
  memoryUsed: 512,
  memoryUnused: null,
  memoryBuffers: null,
  memoryCached: null,
  rxBytes: 10,
  txBytes: 20,
  rxTotal: 0,
  txTotal: 0,
  disks: [disk, disk],
})
const say = (cpu: number) =>
  inTransaction(one.engine.handle.env(), ctx =>
    applyStats(ctx, [{ hostId: own.host, line: { type: 'stats', at: Date.now(), host, runs: [run(cpu)] } }]),
  )
const range = (id: string) => ({ id, from: Date.now() - 3_600_000, to: Date.now() + 60_000 })

test('what hosts say is there as the numbers of now and as history, summed over disks', async () => {
  await say(0.25)
  await say(0.5)
  const env = one.engine.handle.env()
  const [now] = await ask(env, vmNow, { ids: [own.runningVm, own.vm] })
  assert.deepEqual(
    [now?.id, now?.cpu, now?.memoryUsed, now?.rxBytes, now?.readBytes, now?.writeOps],
    [own.runningVm, 0.5, 512, 10, 10, 4],
  )
  assert.deepEqual(now?.recentCpu, [0.25, 0.5])
  const history = await ask(env, vmHistory, range(own.runningVm))
  const last = history.at.length - 1
  assert.ok(last >= 0)
  assert.deepEqual([history.txBytes[last], history.writeBytes[last]], [20, 12])
  const [ofHost] = await ask(env, hostNow, { ids: [own.host] })
  assert.ok(Math.abs((ofHost?.cpu ?? 0) - 0.3) < 1e-6)
  assert.deepEqual(
    [
      ofHost?.rxBytes,
      ofHost?.txBytes,
      ofHost?.readBytes,
      ofHost?.writeBytes,
      ofHost?.readLatency,
      ofHost?.writeLatency,
    ],
    [10, 20, 10, 12, 0.002, null],
  )
  assert.ok(Math.abs(((await ask(env, hostHistory, range(own.host))).cpu.at(-1) ?? 0) - 0.3) < 1e-6)
})

test('nobody reads the history of a VM that he may not see', async () => {
  const admin = await one.login()
  await one.http('POST', '/api/op/user.add', { token: admin, body: { name: 'jun', password: 'a fine password' } })
  const token = await one.login('jun', 'a fine password')
  const answer = await one.http('POST', '/api/query/vm.history', { token, body: range(own.runningVm) })
  assert.equal(answer.status, 404)
  const now = await one.http('POST', '/api/query/vm.now', { token, body: { ids: [own.runningVm] } })
  assert.deepEqual(now.json.result, [])
})

test('reports that did not come are a gap, not a line', () => {
  const point = (second: number, cpu: number) => ({
    at: new Date(second * 1000),
    cpu,
    memoryUsed: 1,
    rxBytes: 1,
    txBytes: 1,
    readBytes: 1,
    writeBytes: 1,
    readOps: 1,
    writeOps: 1,
  })
  const history = toHistory([point(0, 1), point(15, 2), point(120, 3)], 15)
  assert.deepEqual(history.cpu, [1, 2, null, 3])
  assert.deepEqual(history.at.length, 4)
})

test('a range that ends before it begins is refused, and names the place', async () => {
  const token = await one.login()
  const answer = await one.http('POST', '/api/query/vm.history', { token, body: { id: own.runningVm, from: 2, to: 1 } })
  assert.equal(answer.status, 400)
  assert.match(answer.json.error.message, /from: must be before/)
})

test('samples older than what is kept are dropped', async () => {
  const { sql } = database.db
  await sql`update sample set at = at - interval '7 hours'`
  await inTransaction(one.engine.handle.env(), ctx => samplesReconciler.run(ctx))
  assert.deepEqual(await sql`select 1 from sample`, [])
})

test('pages are told that numbers moved, once for many reports and without a word about whose', async () => {
  const token = await one.login()
  const controller = new AbortController()
  const answer = await request(`${one.url}/api/events`, {
    dispatcher: one.agent,
    signal: controller.signal,
    headers: { authorization: `Bearer ${token}` },
  })
  let text = ''
  void (async () => {
    try {
      for await (const chunk of answer.body) text += String(chunk)
    } catch {
      // aborted below
    }
  })()
  await until(() => text.includes('event: hello'))
  await Promise.all([say(0.1), say(0.2), say(0.3)])
  await until(() => text.includes('event: stats\ndata: {}\n\n'))
  assert.equal(text.split('event: stats').length, 2)
  controller.abort()
})
