import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { call, inTransaction } from '../src/core/call.ts'
import { retryJob } from '../src/jobs/control.ts'
import type { CrashPoint } from '../src/jobs/hooks.ts'
import type { JobDefinition } from '../src/jobs/job.ts'
import { type JobRow, type StepRow, steps } from '../src/jobs/store.ts'
import { agree } from './survive-agree.ts'
import { chance, type Kill, kills, matrixOf, undoKills } from './survive-kills.ts'
import { until } from './until.ts'
import { createWorld, type World, type WorldOptions } from './survive-world.ts'

/** How a job is put to the test; `G` is what `given` makes for one case. */
export interface SurviveOptions<I, G = I> {
  /** Makes what the job needs, anew for each case: entities of their own, so that cases do not meet. */
  given(world: World): Promise<G>
  /** Starts it; without this, `given` makes the input. Returns the job's id. */
  start?(world: World, given: G): Promise<string>
  /** Looks at the world after the job has finished; `end` says which steps it did without, where a job may. */
  afterDone(world: World, given: G, end: Ended): Promise<void>
  /** Looks at the world after the job was undone: as before. */
  afterUndo(world: World, given: G, end: Ended): Promise<void>
  /** Takes away what the case made. */
  cleanup?(world: World, given: G): Promise<void>
  /** The world to run in; the same options share one. Two hosts unless said. */
  world?: WorldOptions
  /** Steps whose task may not be asked for twice under different ids (pressing a button). */
  notRepeated?: readonly string[]
  /** What is special about this use of the job, for the test's name. */
  title?: string
  /** Leaves out the input's type. */
  input?: I
}

/** How a job ended. */
export interface Ended {
  row: JobRow
  /** Names of the steps that failed, however the job went on. */
  failed: readonly string[]
}

const worlds = new Map<string, Promise<World>>()
let closing = false

/** The world of these options, made once per test file. For `jobSurvives`; others close theirs themselves. */
export function sharedWorld(o: WorldOptions = { hosts: 2 }): Promise<World> {
  const key = JSON.stringify(o)
  let world = worlds.get(key)
  if (world === undefined) {
    world = createWorld(o)
    worlds.set(key, world)
  }
  return world
}

/** Closes the worlds at the end of the file; called while tests are declared, not in one, whose end it would be. */
function closeAtEnd(): void {
  if (closing) return
  closing = true
  after(async () => {
    for (const each of worlds.values()) await (await each.catch(() => undefined))?.close()
  })
}

/**
 * The tests that every job has to pass. A first clean run lists its steps; then, for each step: it fails, its effect is repeated, and
 * somebody is killed at it: a real engine process that works on it, between the effect and its record or after the record; the agents,
 * while they are asked or after it; the database, on both sides of the record; and (with the last step failing whose failure undoes
 * the job) each of them between an undo and its record. Each time the job is taken up and ends finished or undone, and the world looks
 * accordingly: nothing is locked or held, the hosts have what the engine says and nothing else, and no host did what it never should.
 *
 * Each kill costs the start of a process. So without further words, which is what CI does, one of them is killed at each step, chosen by a
 * seed that is printed; `ROOKERY_SURVIVE_SEED` chooses others. With `ROOKERY_SURVIVE=full` (`./rookery test faults --every-step`) all
 * are killed at every step: run that before a release, and after a change of the job runner.
 */
export function jobSurvives<I, G = I>(job: JobDefinition<I>, o: SurviveOptions<I, G>): void {
  closeAtEnd()
  const name = [job.name, ...(o.title === undefined ? [] : [o.title])].join(' ')
  test(`${name} survives failures, repetitions and kills at every step`, { timeout: 3_600_000 }, async t => {
    const world = await sharedWorld(o.world)
    t.diagnostic(`kills: ROOKERY_SURVIVE_SEED=${matrixOf().seed}`)
    const plan = await cleanRun(t, world, job, o)
    // Steps whose failure undoes the job: those before its point of no return.
    const undoing = new Set<string>()
    for (const step of plan.own) {
      await t.test(`"${step.name}" fails`, async () => {
        const { status } = await failing(world, job, o, step)
        if (status !== 'finished') undoing.add(step.name)
      })
      if (step.kind === 'host' && o.notRepeated?.includes(step.name) !== true)
        await t.test(`"${step.name}" is repeated`, () => repeating(world, job, o))
      for (const kill of kills(job.name, step.name))
        if (world.hosts > 0 || kill.who !== 'agents')
          await t.test(`the ${kill.who}: killed ${kill.when} of "${step.name}"`, () =>
            killed(world, job, o, kill, step, null),
          )
    }
    const last = plan.row.noReturn ? plan.own.findLast(step => undoing.has(step.name)) : plan.own.at(-1)
    if (last === undefined) return
    for (const step of plan.own.slice(0, plan.own.indexOf(last)))
      if (step.undoStatus !== null)
        for (const kill of undoKills(job.name, step.name))
          if (world.hosts > 0 || kill.who !== 'agents')
            await t.test(`the ${kill.who}: killed while "${step.name}" is undone`, () =>
              killed(world, job, o, kill, step, last.name),
            )
  })
}

interface Plan {
  row: JobRow
  own: StepRow[]
}

async function begin<I, G>(world: World, job: JobDefinition<I>, o: SurviveOptions<I, G>, given: G): Promise<string> {
  if (o.start !== undefined) return o.start(world, given)
  return (await inTransaction(world.env, ctx => ctx.start(job, given as unknown as I))).jobId
}

async function cleanRun<I, G>(
  t: TestContext,
  world: World,
  job: JobDefinition<I>,
  o: SurviveOptions<I, G>,
): Promise<Plan> {
  let plan: Plan | undefined
  await t.test('a clean run finishes', async () => {
    await inCase(world, o, async given => {
      const row = await world.ended(await begin(world, job, o, given))
      assert.equal(row.status, 'finished', JSON.stringify(row.error))
      plan = { row, own: await steps(world.sql, row.id) }
      await look(world, o, given, row)
    })
  })
  if (plan === undefined) throw new Error('the clean run did not finish; the other cases mean nothing')
  return plan
}

async function failing<I, G>(
  world: World,
  job: JobDefinition<I>,
  o: SurviveOptions<I, G>,
  step: StepRow,
): Promise<JobRow> {
  return inCase(world, o, async given => {
    world.mischief.failing.add(`${job.name} ${step.name}`)
    const id = await begin(world, job, o, given)
    let row = await world.ended(id)
    assert.equal(world.mischief.failing.size, 0, `"${step.name}" was not met`)
    // After the point of no return a person decides; this one lets it go on.
    if (row.status === 'stuck' && row.noReturn) {
      await call(world.env, retryJob, { jobId: id })
      row = await world.ended(id)
    }
    await look(world, o, given, row)
    return row
  })
}

async function repeating<I, G>(world: World, job: JobDefinition<I>, o: SurviveOptions<I, G>): Promise<void> {
  await inCase(world, o, async given => {
    world.mischief.repeating = true
    const row = await world.ended(await begin(world, job, o, given))
    assert.equal(row.status, 'finished', JSON.stringify(row.error))
    await look(world, o, given, row)
  })
}

function killed<I, G>(
  world: World,
  job: JobDefinition<I>,
  o: SurviveOptions<I, G>,
  { who, when }: Kill,
  step: StepRow,
  failingStep: string | null,
): Promise<void> {
  const at: CrashPoint = { jobKind: job.name, step: step.name, when }
  return who === 'engine'
    ? engineKilled(world, job, o, at, failingStep)
    : othersKilled(world, job, o, who, at, failingStep)
}

async function engineKilled<I, G>(
  world: World,
  job: JobDefinition<I>,
  o: SurviveOptions<I, G>,
  crash: CrashPoint,
  failingStep: string | null,
): Promise<void> {
  await inCase(world, o, async given => {
    const { victim, instanceId } = await world.victims.take()
    const fail = failingStep === null ? null : { jobKind: job.name, step: failingStep }
    world.mischief.declined.add(job.name)
    try {
      await victim.arm({ accept: [job.name], crash, fail })
      const id = await begin(world, job, o, given)
      await victim.dead(120_000)
      const left = await world.sql.one<{ engineId: string | null; endedAt: Date | null }>`
        select engine_id, ended_at from job where id = ${id}::uuid`
      // The last step's record is not the end of the job, so a killed engine always leaves it open.
      assert.deepEqual(left, { engineId: instanceId, endedAt: null })
      // What fails in the engine that died fails again in the one that goes on, unless it was recorded.
      if (failingStep !== null) world.mischief.failing.add(`${job.name} ${failingStep}`)
      await takeOver(world, instanceId)
      await look(world, o, given, await world.ended(id))
    } finally {
      await victim.end()
    }
  })
}

/** Longest that a host's work may have gone on when its agent dies, ms: about as long as pretended work takes. */
const underWayMs = 12

/** Agents or database die while this process works on the job, and are started again at once; it goes on by itself. */
async function othersKilled<I, G>(
  world: World,
  job: JobDefinition<I>,
  o: SurviveOptions<I, G>,
  who: 'agents' | 'database',
  at: CrashPoint,
  failingStep: string | null,
): Promise<void> {
  const part = who === 'agents' ? world.simulator : world.database
  await inCase(world, o, async given => {
    const back = Promise.withResolvers<void>()
    const die = async () => {
      await part.kill()
      // The step goes on meanwhile, and meets nobody.
      part.start().then(back.resolve, back.reject)
    }
    world.mischief.strike = {
      at,
      blow: async () => {
        if (at.when !== 'before-effect') return die()
        setTimeout(() => void die().catch(back.reject), chance(underWayMs, matrixOf().seed, at.jobKind, at.step))
      },
    }
    if (failingStep !== null) world.mischief.failing.add(`${job.name} ${failingStep}`)
    const id = await begin(world, job, o, given)
    const row = await world.ended(id)
    assert.equal(world.mischief.strike, null, `"${at.step}" was not met`)
    await back.promise
    await hostsHeard(world)
    await look(world, o, given, row)
  })
}

/**
 * Hosts that should be up are. The engine of the last case died, and with it the watch of some: a job that looks for hosts in that moment
 * goes another way, and never comes to the step at which it shall be killed.
 */
const hostsStand = (world: World): Promise<unknown> =>
  until(
    async () =>
      (
        await world.sql`
          select 1 from host where wanted = 'up' and status <> 'up'
          union all select 1 from job where kind = 'host.activate' and ended_at is null`
      ).length === 0,
    { what: 'hosts to be up again', timeoutMs: 60_000 },
  )

/** Hosts whose agents were away are heard again, whatever they say. */
const hostsHeard = (world: World): Promise<unknown> =>
  until(
    async () =>
      (
        await world.sql`select 1 from host where wanted = 'up' and status in ('connecting', 'non_responsive', 'initializing')`
      ).length === 0,
    { what: 'hosts to be heard again', timeoutMs: 60_000 },
  )

/** One case with things of its own, which are taken away also when it fails: the cases after it shall tell of themselves. */
async function inCase<G, R>(
  world: World,
  o: Pick<SurviveOptions<unknown, G>, 'given' | 'cleanup'>,
  work: (given: G) => Promise<R>,
): Promise<R> {
  await hostsStand(world)
  const given = await o.given(world)
  let failed = false
  try {
    return await work(given)
  } catch (error) {
    failed = true
    throw error
  } finally {
    calm(world)
    await o.cleanup?.(world, given).catch((error: unknown) => {
      if (!failed) throw error // else the first failure says more
    })
  }
}

/** The end of all mischief. */
function calm({ mischief }: World): void {
  mischief.declined.clear()
  mischief.failing.clear()
  mischief.repeating = false
  mischief.strike = null
}

/** The dead engine's lease ends now rather than in some seconds: nobody has to wait for what is known. */
async function takeOver(world: World, instanceId: string): Promise<void> {
  world.mischief.declined.clear()
  await world.database.db.transaction(async tx => {
    await tx.sql`update engine set expires_at = now() where id = ${instanceId}::uuid`
    tx.notify('engine')
    tx.notify('job')
  })
}

async function look<I, G>(world: World, o: SurviveOptions<I, G>, given: G, row: JobRow): Promise<void> {
  assert.notEqual(row.status, 'stuck', JSON.stringify(row.error))
  await settled(world, row)
  const end = await endOf(world, row)
  if (row.status === 'finished') await o.afterDone(world, given, end)
  else await o.afterUndo(world, given, end)
  await agree(world)
}

const endOf = async (world: World, row: JobRow): Promise<Ended> => ({
  row,
  failed: (await steps(world.sql, row.id)).filter(step => step.status === 'failed').map(step => step.name),
})

/** What must hold whenever a job has ended. */
async function settled(world: World, row: JobRow): Promise<void> {
  const { locks, held } = await world.sql.one<{ locks: number; held: number }>`
    select (select count(*)::int from job_lock where job_id = ${row.id}::uuid) as locks,
           (select count(*)::int from quota_held where job_id = ${row.id}::uuid) as held`
  assert.deepEqual({ locks, held }, { locks: 0, held: 0 })
  assert.deepEqual(await world.simulator.violations(), [])
}
