import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeAreaFile } from '../lease/area-file.ts'
import { defaultTimes } from '../lease/times.ts'
import { KeeperClient } from './client.ts'
import { isKept, Keepers } from './keepers.ts'
import { findProcess, isStopped } from './process.ts'
import type { KeeperConfig } from './requests.ts'
import { peekState } from './state.ts'

const times = {
  ...defaultTimes,
  renew: 0.4,
  io: 1,
  stop: 3,
  kill: 3.5,
  reset: 4,
  watchdog: 1,
  late: 0.5,
  dead: 12,
  gap: 2.5,
  see: 3.5,
}
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** Waits for a state; the test's own limit ends a wait for nothing. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(50)
}

test('a keeper that stands still is stood in for, one that dies is followed, and none outlives its order', {
  timeout: 300_000,
}, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-keepers-'))
  const storageDomainId = randomUUID()
  const root = join(folder, storageDomainId)
  mkdirSync(join(root, 'dom_md'), { recursive: true })
  const area = join(root, 'dom_md/rookery_leases')
  await makeAreaFile(area, { areaId: randomUUID(), storageDomainId, slots: 256, buckets: 4, times }, null)
  const orders = join(folder, 'orders')
  const config: KeeperConfig = {
    socket: join(folder, 'sock'),
    state: join(folder, 'state'),
    area,
    storageDomainId,
    hostId: randomUUID(),
    watchdog: null,
  }
  mkdirSync(orders)
  const order = join(orders, `${storageDomainId}.json`)
  writeFileSync(order, JSON.stringify(config))
  let fed = 0
  const keepers = new Keepers({
    folder: orders,
    words: file => [join(import.meta.dirname, 'main.ts'), file],
    watchdog: () => fed++,
    log: () => {},
  })
  assert.equal(isKept(orders), false)
  const stop = keepers.start()
  const keeper = () => peekState(config.state)?.keeper.pid ?? 0
  const guests: ChildProcess[] = []
  t.after(() => {
    stop()
    if (findProcess(keeper()) !== null) process.kill(keeper(), 'SIGKILL')
    for (const guest of guests) guest.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  assert.equal(isKept(orders), true)
  const ask = async (request: Parameters<KeeperClient['ask']>[0]) => {
    const client = await KeeperClient.connect(config.socket)
    try {
      return await client.ask(request)
    } finally {
      client.close()
    }
  }
  const answers = () =>
    ask({ do: 'status' }).then(
      status => status.valid === true,
      () => false,
    )
  await until(answers)
  const { generation } = await ask({ do: 'status' })
  const resource = randomUUID()
  await ask({ do: 'claim', resource, timed: false })
  const guest = spawn('/bin/sleep', ['1000'])
  guests.push(guest)
  await ask({ do: 'start', resource, pid: guest.pid ?? 0 })
  const id = findProcess(guest.pid ?? 0)
  assert.ok(id)

  process.kill(keeper(), 'SIGSTOP')
  await until(() => isStopped(id))
  process.kill(keeper(), 'SIGCONT')
  await until(() => !isStopped(id))

  const first = keeper()
  process.kill(first, 'SIGKILL')
  await until(async () => keeper() !== first && (await answers()))
  assert.equal((await ask({ do: 'status' })).generation, generation)
  await until(() => !isStopped(id))

  await assert.rejects(ask({ do: 'end' }), { code: 'lease.in_use' })
  guest.kill('SIGKILL')
  await until(async () => ((await ask({ do: 'status' })).resources as unknown[]).length === 0)
  const last = keeper()
  rmSync(order)
  await ask({ do: 'end' })
  await until(() => findProcess(last) === null)
  await pause(1500)
  assert.equal(existsSync(config.state), false)
  assert.ok(fed > 0)
})
