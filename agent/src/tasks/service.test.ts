import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { conflict } from '@rookery/model'
import { pino } from 'pino'
import { openState } from '../state/database.ts'
import { WatchHub } from '../watch/hub.ts'
import { Journal } from './journal.ts'
import type { Handler, Handlers } from './registry.ts'
import { TaskService } from './service.ts'

/** A service whose only power is `network.remove`. */
function service(t: TestContext, handler: Handler<'network.remove'>, folder = fresh(t)) {
  const handlers = { 'network.remove': handler } as unknown as Handlers
  const journal = new Journal(openState(folder))
  const made = new TaskService({
    journal,
    handlers,
    hub: new WatchHub(1, { add: () => {}, all: () => [] }, () => []),
    log: pino({ level: 'silent' }),
  })
  return { tasks: made, folder, journal }
}
function fresh(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rk-service.'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
const request = () => ({
  jobCreatedAt: Date.now(),
  task: { kind: 'network.remove' as const, networkId: randomUUID() },
})

test('waiting for a task ends with it, and tells its result or its error', async t => {
  const { tasks } = service(t, async ({ networkId }) => {
    if (networkId.startsWith('0')) throw conflict('network.in_use', 'in use')
    return { networkId }
  })
  const good = randomUUID()
  tasks.put(good, { ...request(), task: { kind: 'network.remove', networkId: `1${randomUUID().slice(1)}` } })
  assert.equal((await tasks.get(good, 60_000))?.state, 'finished')
  const bad = randomUUID()
  tasks.put(bad, { ...request(), task: { kind: 'network.remove', networkId: `0${randomUUID().slice(1)}` } })
  const state = await tasks.get(bad, 60_000)
  assert.ok(state?.state === 'failed' && state.error.code === 'network.in_use')
})

test('cancelling a running task stops it; a task that queues behind it is not touched', async t => {
  const started = Promise.withResolvers<void>()
  const [a, b] = [randomUUID(), randomUUID()]
  let first = true
  const { tasks } = service(t, async (_, { signal }) => {
    if (!first) return null
    first = false
    started.resolve()
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))))
  })
  tasks.put(a, request())
  tasks.put(b, request())
  await started.promise
  assert.equal((await tasks.cancel(a)).state, 'cancelled')
  assert.throws(() => tasks.put(a, request()), { code: 'task.cancelled' })
  assert.equal((await tasks.get(b, 60_000))?.state, 'finished')
})

test('a task that could not be stopped in time ends as what it became', async t => {
  const { tasks } = service(t, async () => 'done')
  const id = randomUUID()
  tasks.put(id, request())
  await tasks.get(id, 60_000)
  assert.equal((await tasks.cancel(id)).state, 'finished')
})

test('what a stopped agent left is done by the next one', async t => {
  const hanging = service(t, () => new Promise(() => {}))
  const id = randomUUID()
  hanging.tasks.put(id, request())
  hanging.tasks.stop()
  const next = service(t, async () => 'done', hanging.folder)
  next.tasks.resume()
  const state = await next.tasks.get(id, 60_000)
  assert.ok(state?.state === 'finished' && state.result === 'done')
})

test('a task that was cancelled before the agent was killed takes back what is half done, or ends as what it has become', async t => {
  const [half, whole] = [randomUUID(), randomUUID()]
  const dead = service(t, () => new Promise(() => {}))
  for (const id of [half, whole]) {
    dead.tasks.put(id, request())
    void dead.tasks.cancel(id) // the kill comes before the handler has heard of it
  }
  dead.tasks.stop()
  let calls = 0
  const next = service(
    t,
    async (_, { signal }) => {
      assert.ok(signal.aborted)
      if (++calls === 1) throw new Error('taken back')
      return 'it was there already'
    },
    dead.folder,
  )
  next.tasks.resume()
  assert.equal((await next.tasks.get(half, 60_000))?.state, 'cancelled')
  assert.equal((await next.tasks.get(whole, 60_000))?.state, 'finished')
})

/** What SQLite says when there is no space. */
const full = () => Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR' })

test('an end that cannot be written down is written down when it can, and till then the task runs', async t => {
  const { tasks, journal } = service(t, async () => 'done')
  const end = journal.end.bind(journal)
  let failures = 0
  journal.end = (...args) => {
    if (++failures <= 1) throw full()
    end(...args)
  }
  const id = randomUUID()
  assert.equal(tasks.put(id, request()).state, 'running')
  assert.equal((await tasks.get(id, 60_000))?.state, 'finished')
  assert.equal(failures, 2)
})

test('a task that cannot be written down is refused so that it is asked for again', async t => {
  const { tasks, journal } = service(t, async () => 'done')
  const accept = journal.accept.bind(journal)
  journal.accept = () => {
    throw full()
  }
  const id = randomUUID()
  assert.throws(() => tasks.put(id, request()), { kind: 'unavailable', code: 'host.memory' })
  journal.accept = accept
  tasks.put(id, request())
  assert.equal((await tasks.get(id, 60_000))?.state, 'finished')
})
