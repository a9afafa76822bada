import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import { conflict, RookeryError, unavailable } from '@rookery/model'
import { z } from 'zod'
import { type EngineDatabase, engineDatabase } from '../../test/database.ts'
import { testEnv } from '../../test/env.ts'
import { until } from '../../test/until.ts'
import { call, inTransaction } from '../core/call.ts'
import type { Env, StartOptions } from '../core/ctx.ts'
import { silent } from '../core/log.ts'
import { cancelJob, retryJob } from './control.ts'
import type { HostPort } from './host-port.ts'
import type { JobHooks } from './hooks.ts'
import { exclusive, type Job, type JobDefinition, job, shared } from './job.ts'
import { noOutside } from './outside-port.ts'
import { JobRunner } from './runner.ts'
import { type JobRow, jobById } from './store.ts'
import { waitForJob } from './wait.ts'

let database: EngineDatabase
let env: Env
before(async () => {
  database = await engineDatabase()
  env = testEnv(database)
})
after(() => database.close())

/** A host that keeps its tasks by id, as agents do. */
class PretendHost {
  readonly done: string[] = []
  silent = false
  fenced = false
  /** How often its address cannot be read, since the database is away. */
  unknown = 0
  /** How often it answers to a cancellation that the task still runs. */
  slowToCancel = 0
  failing: RookeryError | undefined
  hold: Promise<void> | undefined
  readonly #results = new Map<string, unknown>()
  readonly port: HostPort = {
    isFenced: async () => this.fenced,
    client: async () => {
      if (this.unknown-- > 0) throw unavailable('database.unavailable', 'The database does not answer.')
      return this.#client
    },
  }
  readonly #client: Awaited<ReturnType<HostPort['client']>> = {
    acknowledge: async () => undefined,
    inventory: async () => assert.fail('jobs do not look at what is on hosts'),
    cancelTask: async id => {
      this.#speak()
      this.done.push('cancel')
      if (this.slowToCancel-- > 0) return { id, state: 'running' as const, progress: null }
      return { id, state: 'cancelled' as const }
    },
    runTask: async (id, { task }, o) => {
      this.#speak()
      if (!this.#results.has(id)) {
        if (this.hold !== undefined)
          await Promise.race([
            this.hold,
            new Promise((_, reject) => o?.signal?.addEventListener('abort', () => reject(o.signal?.reason))),
          ])
        if (this.failing !== undefined) throw this.failing
        this.done.push((task as { kind: string }).kind)
        this.#results.set(id, { did: (task as { kind: string }).kind })
      }
      return { id, state: 'finished' as const, result: this.#results.get(id), incarnation: 1, seq: 1 }
    },
  }
  #speak() {
    if (this.silent) throw unavailable('host.unreachable', 'The host does not answer.')
  }
}

const task = (kind: string) => ({ kind }) as never
const hostId = randomUUID()
const runners: JobRunner[] = []
afterEach(async () => {
  await Promise.all(runners.splice(0).map(runner => runner.stop()))
})

async function startRunner(
  definitions: JobDefinition<never, unknown>[],
  o: { host?: PretendHost; hooks?: JobHooks } = {},
) {
  const instanceId = randomUUID()
  await database.db.sql`insert into engine (id, url, version, expires_at)
    values (${instanceId}::uuid, 'test', '0', now() + interval '1 hour')`
  const runner = new JobRunner({
    ...database,
    instanceId,
    log: silent,
    hostPort: (o.host ?? new PretendHost()).port,
    outside: noOutside,
    hooks: o.hooks,
    definitions: new Map(definitions.map(d => [`${d.name}@${d.version}`, d as unknown as JobDefinition])),
    pollMs: 200,
  })
  runners.push(runner)
  runner.start()
  return { runner, instanceId }
}

let counter = 0
function define(run: (j: Job, input: { id: string }) => Promise<unknown>, o: Partial<Parameters<typeof job>[0]> = {}) {
  return job(
    {
      name: `test.${++counter}`,
      version: 1,
      input: z.object({ id: z.guid() }),
      locks: (i: { id: string }) => [exclusive('vm', i.id)],
      describe: () => 'Testing',
      refs: () => [],
      ...(o as object),
    },
    run,
  ) as JobDefinition<{ id: string }>
}

const begin = async (definition: JobDefinition<{ id: string }>, id: string = randomUUID(), o?: StartOptions) =>
  (await inTransaction(env, ctx => ctx.start(definition, { id }, o))).jobId

const ended = (jobId: string): Promise<JobRow> => waitForJob(env, jobId, { timeoutMs: 60_000 })
const lockCount = async () => (await database.db.sql.one<{ n: number }>`select count(*)::int as n from job_lock`).n

test('steps run in order, see earlier outputs as JSON, and the result is kept', async () => {
  const host = new PretendHost()
  const definition = define(async j => {
    const first = await j.tx('first', async tx => ({ at: new Date(0), id: tx.uuid('x') }))
    const second = await j.host<{ did: string }>('second', hostId, task('vm.create'))
    return { first, second }
  })
  await startRunner([definition as never], { host })
  const row = await ended(await begin(definition))
  assert.equal(row.status, 'finished')
  assert.equal((row.result as { first: { at: string } }).first.at, '1970-01-01T00:00:00.000Z')
  assert.deepEqual((row.result as { second: unknown }).second, { did: 'vm.create' })
  assert.equal(await lockCount(), 0)
})

test('a failure undoes what was done, last finished first', async () => {
  const host = new PretendHost()
  const undone: string[] = []
  const definition = define(async j => {
    await j.tx(
      'a',
      async () => 'A',
      async (_, output) => void undone.push(output),
    )
    await j.host('b', hostId, task('make'), task('unmake'))
    await j.tx(
      'c',
      async () => 'C',
      async (_, output) => void undone.push(output),
    )
    await j.tx('d', async () => {
      throw conflict('test.no', 'It cannot be.')
    })
  })
  await startRunner([definition as never], { host })
  const row = await ended(await begin(definition))
  assert.equal(row.status, 'failed')
  assert.equal(row.error?.code, 'test.no')
  assert.deepEqual(undone, ['C', 'A'])
  assert.deepEqual(host.done, ['make', 'unmake'])
  assert.equal(await lockCount(), 0)
})

test('a failing step among concurrent ones cancels the others on their hosts', async () => {
  const host = new PretendHost()
  host.hold = new Promise(() => {})
  const definition = define(async j => {
    await Promise.all([
      j.host('slow', hostId, task('make'), task('unmake')),
      j.tx('fails', async () => {
        throw conflict('test.no', 'It cannot be.')
      }),
    ])
  })
  await startRunner([definition as never], { host })
  const row = await ended(await begin(definition))
  assert.equal(row.error?.code, 'test.no')
  assert.deepEqual(host.done, ['cancel'])
})

test('an attempt that fails is undone by itself and the job goes on', async () => {
  const host = new PretendHost()
  const undone: string[] = []
  const definition = define(async j => {
    await j.tx(
      'outer',
      async () => 1,
      async () => void undone.push('outer'),
    )
    const tried = await j.attempt('one', async k => {
      await k.tx(
        'inner',
        async () => 1,
        async () => void undone.push('inner'),
      )
      await k.tx('fails', async () => {
        throw conflict('test.no', 'It cannot be.')
      })
    })
    const again = await j.attempt('two', k => k.tx('inner', async () => 7))
    return [tried.ok, again]
  })
  await startRunner([definition as never], { host })
  const row = await ended(await begin(definition))
  assert.deepEqual(row.result, [false, { ok: true, value: 7 }])
  assert.deepEqual(undone, ['inner'])
})

test('a job whose engine died is taken up by another one and repeats nothing that is recorded', async () => {
  const host = new PretendHost()
  const ran: string[] = []
  let block = true
  const definition = define(async j => {
    await j.tx('first', async () => void ran.push('first'))
    await j.host('second', hostId, task('make'))
    await j.tx('third', async () => void ran.push('third'))
  })
  const stall: JobHooks = {
    // The engine "dies" between the effect on the host and its record: it simply never comes back.
    at: p => (block && p.step === 'second' && p.when === 'after-effect' ? new Promise<void>(() => {}) : undefined),
  }
  const dead = await startRunner([definition as never], { host, hooks: stall })
  const id = await begin(definition)
  await until(() => host.done.length === 1)
  runners.length = 0 // it is not stopped: it hangs
  await database.db.sql`update engine set expires_at = now() where id = ${dead.instanceId}::uuid`
  block = false
  await startRunner([definition as never], { host })
  assert.equal((await ended(id)).status, 'finished')
  assert.deepEqual(ran, ['first', 'third'])
  assert.deepEqual(host.done, ['make'])
})

test('an engine that was thought dead records nothing any more', async () => {
  let go = () => {}
  const wait = new Promise<void>(resolve => {
    go = resolve
  })
  let stalled = false
  const ran: string[] = []
  const definition = define(async j => {
    await j.tx('only', async tx => {
      ran.push('run')
      await tx.sql`insert into setting (key, value) values (${j.jobId}, '1') on conflict (key) do update set value = '2'`
    })
  })
  const hooks: JobHooks = {
    at: p => {
      if (p.when !== 'before-effect' || stalled) return
      stalled = true
      return wait
    },
  }
  const old = await startRunner([definition as never], { hooks })
  const id = await begin(definition)
  await until(() => stalled)
  await database.db.sql`update engine set expires_at = now() where id = ${old.instanceId}::uuid`
  await startRunner([definition as never])
  assert.equal((await ended(id)).status, 'finished')
  go()
  await until(() => old.runner.size === 0, { what: 'the old engine to let go' })
  assert.deepEqual(await database.db.sql`select value from setting where key = ${id}`, [{ value: 1 }])
  assert.deepEqual(ran, ['run'])
})

test('a held lock is a conflict that names the job, shared locks go together', async () => {
  let go = () => {}
  const wait = new Promise<void>(resolve => {
    go = resolve
  })
  const host = new PretendHost()
  host.hold = wait
  const holder = define(async j => void (await j.host('wait', hostId, task('x'))), {
    describe: () => 'Holding',
  } as never)
  const reader = define(async j => void (await j.host('wait', hostId, task('x'))), {
    locks: (i: { id: string }) => [shared('vm', i.id)],
  } as never)
  await startRunner([holder as never, reader as never], { host })
  const [vm, other] = [randomUUID(), randomUUID()]
  const first = await begin(holder, vm)
  await assert.rejects(begin(holder, vm), { kind: 'conflict', code: 'job.locked', message: /Holding/ })
  await assert.rejects(begin(reader, vm), { code: 'job.locked' })
  const readers = [await begin(reader, other), await begin(reader, other)]
  await assert.rejects(begin(holder, other), { code: 'job.locked' })
  go()
  for (const id of [first, ...readers]) assert.equal((await ended(id)).status, 'finished')
  assert.equal((await ended(await begin(holder, vm))).status, 'finished')
})

test('two starts at the same moment: one wins, the other is told', async () => {
  const definition = define(async j => void (await j.tx('x', async () => 1)))
  const id = randomUUID()
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => begin(definition, id)))
  assert.equal(results.filter(r => r.status === 'fulfilled').length, 1)
  await startRunner([definition as never])
  await ended((results.find(r => r.status === 'fulfilled') as PromiseFulfilledResult<string>).value)
})

test('a queueable job waits for the holder, once per kind and entity', async () => {
  let go = () => {}
  const host = new PretendHost()
  host.hold = new Promise<void>(resolve => {
    go = resolve
  })
  const holder = define(async j => void (await j.host('wait', hostId, task('x'))))
  const settle = define(async j => void (await j.tx('x', async () => 1)), { queueable: true } as never)
  await startRunner([holder as never, settle as never], { host })
  const vm = randomUUID()
  await begin(holder, vm)
  const [one, two] = [await begin(settle, vm), await begin(settle, vm)]
  assert.equal(one, two)
  assert.equal((await jobById(database.db.sql, one))?.waiting, true)
  go()
  assert.equal((await ended(one)).status, 'finished')
})

test('a job that preempts waits until the holder has unwound', async () => {
  const host = new PretendHost()
  host.hold = new Promise(() => {})
  const order: string[] = []
  const slow = define(async j => {
    await j.tx(
      'a',
      async () => 1,
      async () => void order.push('undone'),
    )
    await j.host('wait', hostId, task('x'))
  })
  const stop = define(async j => void (await j.tx('stop', async () => void order.push('stop'))))
  await startRunner([slow as never, stop as never], { host })
  const vm = randomUUID()
  const first = await begin(slow, vm)
  await until(async () => (await jobById(database.db.sql, first))?.status === 'running')
  const second = await begin(stop, vm, { preempts: [slow.name] })
  assert.equal((await ended(second)).status, 'finished')
  assert.equal((await ended(first)).status, 'cancelled')
  assert.deepEqual(order, ['undone', 'stop'])
})

test('a job works no further when one waits that makes its work void', async () => {
  let go = () => {}
  const host = new PretendHost()
  const settle = define(async j => void (await j.tx('x', async () => 1)), { queueable: true } as never)
  const start = define(
    async j => {
      await j.tx(
        'hold',
        async () =>
          new Promise<void>(resolve => {
            go = resolve
          }),
      )
      await j.host('create', hostId, task('vm.create'))
    },
    { interruptedBy: [settle.name] } as never,
  )
  await startRunner([settle as never, start as never], { host })
  const vm = randomUUID()
  const first = await begin(start, vm)
  await until(async () => (await jobById(database.db.sql, first))?.status === 'running')
  const second = await begin(settle, vm)
  go()
  assert.equal((await ended(first)).error?.code, 'run.ended')
  assert.equal((await ended(second)).status, 'finished')
  assert.deepEqual(host.done, [])
})

test('a cancelled job stops its task on the host and unwinds', async () => {
  const host = new PretendHost()
  host.hold = new Promise(() => {})
  const undone: string[] = []
  const definition = define(async j => {
    await j.tx(
      'a',
      async () => 1,
      async () => void undone.push('a'),
    )
    await j.host('wait', hostId, task('x'), task('y'))
  })
  await startRunner([definition as never], { host })
  const id = await begin(definition)
  await until(
    async () => (await database.db.sql`select 1 from job_step where job_id = ${id}::uuid and name = 'wait'`)[0],
  )
  await call(env, cancelJob, { jobId: id })
  assert.equal((await ended(id)).status, 'cancelled')
  assert.deepEqual(undone, ['a'])
  assert.deepEqual(host.done, ['cancel'])
})

test('a silent host is asked again until it is fenced; undo against it counts as done', async () => {
  const host = new PretendHost()
  const definition = define(async j => {
    await j.host('made', hostId, task('make'), task('unmake'))
    host.silent = true
    await j.host('silent', hostId, task('more'), task('less'))
  })
  await startRunner([definition as never], { host })
  const id = await begin(definition)
  await until(async () => host.silent)
  host.fenced = true
  const row = await ended(id)
  assert.equal(row.status, 'failed')
  assert.equal(row.error?.code, 'host.fenced')
})

test('what a fenced host left on shared storage is taken back by another one, whether its step had ended or not', async () => {
  const [gone, other] = [new PretendHost(), new PretendHost()]
  const otherId = randomUUID()
  const port: HostPort = {
    isFenced: async id => id === hostId && gone.fenced,
    client: id => (id === hostId ? gone : other).port.client(id),
  }
  let asked = 0
  const elsewhere = async () => (asked++ < 2 ? undefined : { hostId: otherId, task: task('clean'), turn: 2 })
  const definition = define(async j => {
    await j.host('made', hostId, task('make'), task('unmake'), { elsewhere })
    gone.silent = true
    await j.host('cut off', hostId, task('more'), task('less'), { elsewhere })
  })
  await startRunner([definition as never], { host: { port } as PretendHost })
  const id = await begin(definition)
  await until(async () => gone.silent)
  gone.fenced = true
  const row = await ended(id)
  assert.equal(row.error?.code, 'host.fenced')
  assert.deepEqual([gone.done, other.done], [['make'], ['clean', 'clean']])
  assert.equal(asked, 4)
})

test('a step whose host cannot be looked up while the database is away has not failed: it is done when it is back', async () => {
  const host = new PretendHost()
  host.unknown = 1
  const definition = define(async j => {
    const tried = await j.attempt('try', j => j.host('made', hostId, task('make')))
    return tried.ok
  })
  await startRunner([definition as never], { host })
  const row = await waitForJob(env, await begin(definition), { timeoutMs: 15_000 })
  assert.equal(row.status, 'finished')
  assert.equal(row.result, true)
})

test('an undo that fails leaves the job stuck with its locks, and a retry completes it', async () => {
  const host = new PretendHost()
  let broken = true
  const definition = define(async j => {
    await j.tx(
      'a',
      async () => 1,
      async () => {
        if (broken) throw conflict('test.undo', 'It stays.')
      },
    )
    await j.tx('fails', async () => {
      throw conflict('test.no', 'It cannot be.')
    })
  })
  await startRunner([definition as never], { host })
  const id = await begin(definition)
  const stuck = await ended(id)
  assert.equal(stuck.status, 'stuck')
  assert.equal(stuck.error?.code, 'test.no')
  assert.equal(stuck.error?.stuck?.code, 'test.undo')
  assert.equal(await lockCount(), 1)
  const events = await database.db.sql`select message from event where name = 'job.stuck' and job_id = ${id}::uuid`
  assert.equal(events.length, 1)
  broken = false
  await call(env, retryJob, { jobId: id })
  const row = await until(async () => {
    const now = await ended(id)
    return now.endedAt === null ? undefined : now
  })
  assert.equal(row.status, 'failed')
  assert.equal(row.error?.code, 'test.no')
  assert.equal(await lockCount(), 0)
})

test('a host that cannot write down what it is asked for is asked again', async () => {
  const host = new PretendHost()
  host.failing = unavailable('host.memory', 'The disk is full.')
  const definition = define(async j => void (await j.host('a', hostId, task('x'))))
  await startRunner([definition as never], { host })
  const id = await begin(definition)
  await until(async () => (await database.db.sql`select 1 from job_step where job_id = ${id}::uuid and name = 'a'`)[0])
  host.failing = undefined
  assert.equal((await ended(id)).status, 'finished')
})

test('a step counts as undone only when its cancelled task runs no more', async () => {
  const host = new PretendHost()
  host.hold = new Promise(() => {})
  host.slowToCancel = 2
  const definition = define(async j => void (await j.host('wait', hostId, task('x'), task('y'))))
  await startRunner([definition as never], { host })
  const id = await begin(definition)
  await until(
    async () => (await database.db.sql`select 1 from job_step where job_id = ${id}::uuid and name = 'wait'`)[0],
  )
  await call(env, cancelJob, { jobId: id })
  assert.equal((await ended(id)).status, 'cancelled')
  assert.deepEqual(host.done, ['cancel', 'cancel', 'cancel'])
})

test('after the point of no return a refused step is asked again, and cancelling is refused', async () => {
  const host = new PretendHost()
  const undone: string[] = []
  const definition = define(async j => {
    await j.tx(
      'a',
      async () => 1,
      async () => void undone.push('a'),
    )
    await j.pointOfNoReturn()
    host.failing = conflict('test.busy', 'Busy.')
    setTimeout(() => {
      host.failing = undefined
    }, 300)
    await j.host('must', hostId, task('must'))
  })
  await startRunner([definition as never], { host })
  const id = await begin(definition)
  await until(async () => (await jobById(database.db.sql, id))?.noReturn)
  await assert.rejects(call(env, cancelJob, { jobId: id }), { code: /job\.(no_return|ended)/ })
  assert.equal((await ended(id)).status, 'finished')
  assert.deepEqual(host.done, ['must'])
  assert.deepEqual(undone, [])
})

test("a child uses its parent's locks, and is undone with it though it had finished", async () => {
  const host = new PretendHost()
  const undone: string[] = []
  const child = define(async j => {
    await j.tx(
      'in child',
      async () => 1,
      async () => void undone.push('child'),
    )
    return 'from child'
  })
  const parent = define(async (j, i) => {
    const value = await j.child('part', child, { id: i.id })
    await j.tx(
      'seen',
      async () => value,
      async () => void undone.push('parent'),
    )
    await j.tx('fails', async () => {
      throw conflict('test.no', 'It cannot be.')
    })
  })
  await startRunner([child as never, parent as never], { host })
  const row = await ended(await begin(parent))
  assert.equal(row.error?.code, 'test.no')
  assert.deepEqual(undone, ['parent', 'child'])
  const children = await database.db.sql`select status from job where parent_id = ${row.id}::uuid`
  assert.deepEqual(children, [{ status: 'cancelled' }])
  assert.equal(await lockCount(), 0)
})

test('a child that is not undone any more gives back the locks that it alone asked for', async () => {
  const other = randomUUID()
  const seen: unknown[] = []
  const child = job(
    {
      name: 'test.locking_child',
      version: 1,
      input: z.object({ id: z.guid(), other: z.guid(), far: z.boolean() }),
      locks: i => [exclusive('vm', i.id), exclusive('vm', i.other)],
      describe: () => 'Testing',
      refs: () => [],
    },
    async (j, i) => {
      if (i.far) await j.pointOfNoReturn()
      await j.tx('work', async () => 1)
    },
  )
  const locked = async () =>
    (await database.db.sql<{ id: string }>`select entity_id as id from job_lock order by 1`).map(row => row.id).sort()
  const parent = define(async (j, i) => {
    await j.child('near', child, { id: i.id, other, far: false })
    await j.tx('first', async () => void seen.push(await locked()))
    await j.child('far', child, { id: i.id, other: randomUUID(), far: true })
    await j.tx('second', async () => void seen.push(await locked()))
  })
  const id = randomUUID()
  await startRunner([child as never, parent as never])
  const row = await ended(await begin(parent, id))
  assert.equal(row.status, 'finished', JSON.stringify(row.error))
  // One that may be undone yet keeps them; the parent's own stays in any case.
  assert.deepEqual(seen, [[id, other].sort(), [id, other].sort()])
  assert.equal(await lockCount(), 0)
})

test('a record that the body does not meet any more makes the job stuck and says so', async () => {
  const definition = define(async j => void (await j.tx('new name', async () => 1)))
  const id = await begin(definition)
  await database.db.sql`insert into job_step (job_id, name, kind, position, status, ended_at)
    values (${id}::uuid, 'old name', 'tx', 1, 'finished', now())`
  await startRunner([definition as never])
  const row = await ended(id)
  assert.equal(row.status, 'stuck')
  assert.match(row.error?.stuck?.message ?? '', /old name/)
})

test('a sleep ends at its recorded time, also for a job that was taken up again', async () => {
  const definition = define(async j => {
    await j.sleepUntil('nap', async tx => new Date(tx.now.getTime() + 400))
    return j.tx('woke', async tx => tx.now.getTime())
  })
  const { runner } = await startRunner([definition as never])
  const id = await begin(definition)
  const nap = await until(
    async () => (await database.db.sql<{ output: string }>`select output from job_step where job_id = ${id}::uuid`)[0],
  )
  runners.length = 0
  await runner.stop()
  await startRunner([definition as never])
  const row = await ended(id)
  assert.ok((row.result as number) >= new Date(nap.output).getTime())
})
